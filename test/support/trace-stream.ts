// Work that does not run out: stories told one after the other, handed to senders and taken back when no answer came.

import type { SeededRandom } from '../../fake-github/random.ts'
import { type SignedDelivery, signDelivery, type WebhookDelivery } from './deliveries.ts'
import { type Trace, traces } from './traces.ts'

export type TraceStream = {
  /** The next delivery to send. */
  next(): SignedDelivery
  /** It was not answered with a 2xx: GitHub would have it sent again. */
  requeue(delivery: SignedDelivery): void
  /** What was begun and is still to be sent; afterwards `take` begins nothing new. */
  remaining(): readonly SignedDelivery[]
  /** The stories begun so far, with the light each must end on. */
  traces(): readonly Trace[]
}

/** Shuffled stories without end, so many at once, deterministic from the chance handed in. */
export function openTraceStream(chance: SeededRandom, name: string, atOnce = 36): TraceStream {
  const begun: Trace[] = []
  let queue: (SignedDelivery | { delivery: WebhookDelivery; guid: string })[] = []

  function refill(): void {
    const next = traces(atOnce, { first: begun.length + 1 })
    begun.push(...next)
    const unsigned = next.flatMap(({ deliveries, issueNumber }) =>
      deliveries.map((delivery, index) => ({ delivery, guid: `${name}-${issueNumber}-${index}` })),
    )
    queue.push(...chance.shuffle(unsigned))
  }

  const sign = (item: (typeof queue)[number]): SignedDelivery =>
    'delivery' in item ? signDelivery(item.delivery, { guid: item.guid }) : item

  return {
    next() {
      if (queue.length === 0) refill()
      return sign(queue.shift() as (typeof queue)[number])
    },
    requeue: (delivery) => void queue.push(delivery),
    remaining() {
      const rest = queue.map(sign)
      queue = []
      return rest
    },
    traces: () => begun,
  }
}
