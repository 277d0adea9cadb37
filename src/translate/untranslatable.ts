/** A delivery we act on, but whose payload we cannot read. The message names the field and never quotes the payload. */
export class UntranslatablePayload extends Error {
  override readonly name = 'UntranslatablePayload'
}
