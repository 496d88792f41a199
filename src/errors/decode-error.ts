/** The only thing a codec throws: the bytes are not what the protocol says. */
export class DecodeError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'DecodeError';
  }
}
