import type { Stage } from './play.ts';

/** Every way of a machine that has effects outside the API server: what a person and the machine do, up to its end. */
export const stories: Readonly<Record<string, (stage: Stage) => Promise<void>>> = {
  async 'it is commissioned'(stage) {
    stage.begin();
    await stage.describe();
    await stage.isIn('Ready');
  },

  async 'it is deployed for an Allocation, and erased after it'(stage) {
    await ready(stage);
    stage.begin();
    await deploy(stage);
    await stage.deallocate();
    await stage.isIn('Ready');
  },

  async 'commissioning fails, and is ordered again'(stage) {
    stage.begin();
    stage.behaviour.failTask = () => ({ reason: 'AgentFailed', message: 'a test' });
    await stage.describe();
    await stage.isIn('CommissioningFailed');
    delete stage.behaviour.failTask;
    await stage.order('Commission');
    await stage.isIn('Ready');
  },

  async 'commissioning is aborted'(stage) {
    stage.begin();
    stage.behaviour.stopAt = () => 'Kernel';
    await stage.describe();
    await stage.reaches('Kernel');
    await stage.order('Abort');
    await stage.isIn('New');
  },

  async 'the installation fails, and the Allocation goes'(stage) {
    await ready(stage);
    stage.begin();
    stage.behaviour.failTask = (machine) =>
      machine.status?.task?.kind === 'Install' ? { reason: 'ImageCorrupt', message: 'a test' } : undefined;
    await stage.allocate();
    await stage.isIn('DeploymentFailed');
    await stage.deallocate();
    await stage.isIn('Ready');
  },

  async 'erasing fails, and is ordered again'(stage) {
    await ready(stage);
    await deploy(stage);
    stage.begin();
    stage.behaviour.failTask = () => ({ reason: 'EraseFailed', message: 'a test' });
    await stage.deallocate();
    await stage.isIn('EraseFailed');
    delete stage.behaviour.failTask;
    await stage.order('Release');
    await stage.isIn('Ready');
  },

  async 'it is tested, fails, and is put back by a person'(stage) {
    await ready(stage);
    stage.begin();
    stage.behaviour.failTask = () => ({ reason: 'TestFailed', message: 'a test' });
    await stage.order('Test');
    await stage.isIn('TestingFailed');
    delete stage.behaviour.failTask;
    await stage.order('Override');
    await stage.isIn('Ready');
    await stage.order('Test');
    await stage.isIn('Ready');
  },

  async 'it is rescued, deployed as it is, and boots its disk again'(stage) {
    await ready(stage);
    await deploy(stage);
    stage.begin();
    await stage.order('Rescue');
    await stage.isIn('Rescue');
    await stage.order('ExitRescue');
    await stage.isIn('Deployed');
  },

  async 'it is marked broken while nobody holds it, and fixed'(stage) {
    await ready(stage);
    stage.begin();
    await stage.order('MarkBroken');
    await stage.isIn('Broken');
    await stage.order('MarkFixed');
    await stage.isIn('Ready');
  },

  async 'its power is switched by a person'(stage) {
    await ready(stage);
    stage.begin();
    await stage.order('PowerOn');
    await stage.order('PowerCycle', { mode: 'Soft' });
    await stage.order('PowerStatus');
    await stage.order('Lock');
    await stage.order('PowerOff');
    await stage.order('Unlock');
    await stage.order('PowerOff', { mode: 'Hard' });
  },

  async 'it is deleted while it is on'(stage) {
    await ready(stage);
    stage.begin();
    await stage.order('PowerOn');
    await stage.remove();
  },
};

/** Ways that differ from those in less: deaths are tried on them, other disturbances are not. */
export const furtherStories: typeof stories = {
  async 'it is deployed from virtual media, and started from its disk by its BMC'(stage) {
    await ready(stage, { boot: { method: 'VirtualMedia', taggedVlan: false } });
    stage.begin();
    await deploy(stage);
  },

  async 'its release fails at its BMC, and is ordered again'(stage) {
    await ready(stage);
    await deploy(stage, { erase: 'None' });
    stage.begin();
    stage.bmcRefuses(true);
    await stage.deallocate();
    await stage.isIn('ReleaseFailed');
    stage.bmcRefuses(false);
    await stage.order('Release');
    await stage.isIn('Ready');
  },

  async 'it is marked broken while somebody holds it, and fixed'(stage) {
    await ready(stage);
    await deploy(stage);
    stage.begin();
    await stage.order('MarkBroken');
    await stage.isIn('Broken');
    await stage.order('MarkFixed');
    await stage.isIn('Deployed');
  },
};

async function ready(stage: Stage, spec?: Parameters<Stage['describe']>[0]): Promise<void> {
  await stage.describe(spec);
  await stage.isIn('Ready');
}

async function deploy(stage: Stage, spec?: Parameters<Stage['allocate']>[0]): Promise<void> {
  await stage.allocate(spec);
  await stage.allocationIs('Deployed');
  await stage.isIn('Deployed');
}
