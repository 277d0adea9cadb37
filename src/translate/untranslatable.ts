/** A handled payload or an answer that cannot be read. The message names the field and never quotes the payload. */
export class UntranslatablePayload extends Error {
  override readonly name = 'UntranslatablePayload'
}
