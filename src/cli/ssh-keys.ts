import type { Context, Invocation } from './command.ts';
import { CliError } from './errors.ts';

const publicKey = /^(ssh-(rsa|ed25519)|ecdsa-sha2-nistp\d+|sk-\S+@openssh\.com) [A-Za-z0-9+/=]+( .*)?$/;

/**
 * The public keys that `--ssh-key` names, each as a file or as the key itself.
 *
 * @throws CliError usage: a private key, above all, goes nowhere
 */
export async function sshKeysOf(invocation: Invocation, context: Context): Promise<string[]> {
  const keys: string[] = [];
  for (const given of invocation.options.get('ssh-key') ?? []) {
    const text = publicKey.test(given) ? given : await read(given, context);
    if (/PRIVATE KEY/.test(text)) {
      throw new CliError('usage', `${given} is a private key, which stays where it is`, `name ${given}.pub`);
    }
    const lines = text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '' && !line.startsWith('#'));
    const wrong = lines.find((line) => !publicKey.test(line));
    if (lines.length === 0 || wrong !== undefined) {
      throw new CliError('usage', `${given} holds no public key as authorized_keys has them`);
    }
    keys.push(...lines);
  }
  return [...new Set(keys)];
}

async function read(path: string, context: Context): Promise<string> {
  try {
    return await context.readFile(path);
  } catch {
    throw new CliError(
      'usage',
      `--ssh-key ${path}: there is no such file`,
      'make a key with ssh-keygen -t ed25519',
    );
  }
}
