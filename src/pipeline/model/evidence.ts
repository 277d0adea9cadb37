import type { Instant } from './time.ts'

/** How we know. `id` is the delivery's GUID, the question's key, the comment's id or the loop's name. */
export type Evidence = {
  readonly kind: 'delivery' | 'read' | 'beat' | 'command' | 'clock'
  readonly id: string
  readonly at: Instant
}

/** When something happened, and how we know. */
export type Occurrence = { readonly at: Instant; readonly evidence: Evidence }
