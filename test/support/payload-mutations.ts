// Damaged payloads, seeded: truncated, with fields removed or of another type, with bytes flipped.

import type { SeededRandom } from '../../fake-github/random.ts'
import type { WebhookDelivery } from './deliveries.ts'

export type MutatedPayload = { readonly name: string; readonly bytes: Uint8Array; readonly kind: MutationKind }

type MutationKind = 'truncated' | 'removed' | 'retyped' | 'flipped'

type JsonLocation = { readonly parent: Record<string, unknown> | unknown[]; readonly key: string | number }

const OTHER_VALUES: readonly ((random: SeededRandom) => unknown)[] = [
  () => null,
  () => true,
  () => '',
  () => 'text',
  () => 'nul \0 inside',
  () => 'half \uD800 a pair',
  () => 'x'.repeat(100_000),
  () => '2026-13-45T99:99:99Z',
  () => -1,
  () => 0.5,
  () => 2 ** 31,
  () => 2 ** 53,
  () => 1e300,
  (random) => 1_000_000 + random.integer(1_000_000),
  () => [],
  () => [null, [{}]],
  () => ({}),
  () => ({ id: { id: 1 }, toString: 1, __proto__: null, constructor: 1 }),
]

/** One payload, damaged in one of the ways at a random position. */
export function mutatePayload(random: SeededRandom, delivery: WebhookDelivery): MutatedPayload {
  const { name } = delivery
  const kind = random.pick(['truncated', 'removed', 'removed', 'retyped', 'retyped', 'flipped'] as const)
  if (kind === 'truncated' || kind === 'flipped') {
    const bytes = Buffer.from(JSON.stringify(delivery.payload))
    const at = 1 + random.integer(bytes.length - 1)
    if (kind === 'truncated') return { name, kind, bytes: bytes.subarray(0, at) }
    bytes[at] = (bytes[at] ?? 0) ^ (1 + random.integer(127))
    return { name, kind, bytes }
  }
  const payload = structuredClone(delivery.payload)
  for (let changes = 1 + random.integer(3); changes > 0; changes--) applyMutation(random, payload, kind)
  return { name, kind, bytes: Buffer.from(JSON.stringify(payload)) }
}

function applyMutation(random: SeededRandom, payload: Record<string, unknown>, kind: 'removed' | 'retyped'): void {
  const places = locationsIn(payload)
  if (places.length === 0) return
  // Half of the damage is near the top, in the fields that translators read.
  const near = places.slice(0, Math.max(1, Math.ceil(places.length / 4)))
  const { parent, key } = random.pick(random.next() < 0.5 ? near : places)
  const fields = parent as Record<string | number, unknown>
  if (kind === 'retyped') fields[key] = random.pick(OTHER_VALUES)(random)
  else if (Array.isArray(parent)) parent.splice(Number(key), 1)
  else delete fields[key]
}

/** Every field and item, the nearest to the top first. */
function locationsIn(payload: Record<string, unknown>): readonly JsonLocation[] {
  const places: JsonLocation[] = []
  const level: (Record<string, unknown> | unknown[])[] = [payload]
  for (const parent of level) {
    for (const [key, value] of Object.entries(parent)) {
      places.push({ parent, key })
      if (typeof value === 'object' && value !== null) level.push(value as Record<string, unknown>)
    }
  }
  return places
}
