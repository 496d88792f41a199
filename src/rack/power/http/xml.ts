import { DecodeError } from '../../../errors/decode-error.ts';
import { powerError } from '../errors.ts';
import type { XmlElement } from '../xml/element.ts';
import { parseXmlBytes } from '../xml/parse.ts';
import type { HttpAnswer } from './request.ts';

/**
 * The root element of an answer.
 * @throws CodedError<PowerErrorCode> BmcProtocolError when it is no XML
 */
export function xmlOf(answer: HttpAnswer, what: string): XmlElement {
  try {
    return parseXmlBytes(answer.bytes);
  } catch (thrown) {
    if (!(thrown instanceof DecodeError)) throw thrown;
    throw powerError('BmcProtocolError', `${what}: ${thrown.message}`, { cause: thrown });
  }
}
