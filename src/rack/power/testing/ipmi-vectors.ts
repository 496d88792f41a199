import type { CipherSuiteId } from '../ipmi/cipher.ts';

/** What another implementation computes, in hex. Every byte string is as on the wire. */
export interface CipherVector {
  suite: CipherSuiteId;
  consoleSessionId: number;
  bmcSessionId: number;
  consoleRandom: string;
  bmcRandom: string;
  guid: string;
  role: number;
  rakp2: string;
  rakp3: string;
  sik: string;
  k1: string;
  k2: string;
  rakp4: string;
  /** Set Session Privilege Level Operator, encrypted: from the session header to the trailer's next header. */
  covered: string;
  authCode: string;
}

/** User, password and K_g of the vectors. */
export const vectorUser = { username: 'operator', password: 'vector-password', bmcKey: 'vector-key' };

/** Printed by ipmitool 1.8.19 (`-I lanplus -vvvv`) while it opened a session with each suite. */
export const cipherVectors: readonly CipherVector[] = [
  {
    suite: '17',
    consoleSessionId: 0xa0a2a3a4,
    bmcSessionId: 0x8561c70f,
    consoleRandom: 'b2c5f9717159b7d5991b4b76dfe82848',
    bmcRandom: 'da755a280f2660fe595f852a42fbde50',
    guid: '736a314ec5bd91679d2e6934569c393d',
    role: 0x13,
    rakp2: '040911b4454bcb75212d0e467c5cb86a023f33081c2edec5421702fa1ffdbbdd',
    rakp3: '94a7ea71d838f1148b7378986d36554f78cc7d90db0b72e341426945a2e37127',
    sik: 'c1f63b0d1b1c93dfe9122e638a56b4039abc9a880a8b2f829b77bfc9a8ef39d7',
    k1: '0efceccdace7d48f901b176f31af19854c0364f975ace265f40510ee78417742',
    k2: '1b546b92f981de8b00a1b53c7064cd09d0f06ffb0290527189c22a0863c3c7c0',
    rakp4: '1c2ca7cb4f7711d9f0608461bd9922f3',
    covered:
      '06c00fc761850300000020007b68fb48cce48f42c5235d789e9acb76fcd46028990e58c7a89a536ebf742827ffff0207',
    authCode: '3a098a91210db089fdb0fcd63615ad27',
  },
  {
    suite: '3',
    consoleSessionId: 0xa0a2a3a4,
    bmcSessionId: 0x0951b621,
    consoleRandom: 'c2e64e50b33aef9be421b1c8a979f265',
    bmcRandom: '2e62cf7e1b6bb9a5091bac1c1f3af9ed',
    guid: '736a314ec5bd91679d2e6934569c393d',
    role: 0x13,
    rakp2: 'b6be754ef4db7985fe50774826146fe6c16656d4',
    rakp3: 'fa89031b4a155c5f30c6bbcf5907dd2848cb3713',
    sik: '4d1c77bf8c6b536632275f0ea6786200a204559d',
    k1: 'f84dbb1e3532b9c8cf64f59db1f23a884897243d',
    k2: '4e2c2b1d84158396d86de1c0ae545d07e5c3c6f4',
    rakp4: '0731e37a5f348f74c698ace5',
    covered:
      '06c021b651090300000020002c9ed1b3d4a4e8691f7bdafddbfe917448d20b92c177ef4e805f9a9053d9a1c9ffff0207',
    authCode: 'c350404481cafaf74aef3b7c',
  },
];
