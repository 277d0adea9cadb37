// An endless supply of deliveries: stories one after another, handed to senders and taken back if they get no answer.

import type { SeededRandom } from '../../fake-github/random.ts'
import { type SignedDelivery, signDelivery, type WebhookDelivery } from './deliveries.ts'
import { type Trace, traces } from './traces.ts'

export type TraceStream = {
  /** The next delivery to send. */
  next(): SignedDelivery
  /** Takes back a delivery without a 2xx, to be sent again as GitHub would. */
  requeue(delivery: SignedDelivery): void
  /** The rest of the stories that have started; afterwards `take` starts no new one. */
  remaining(): readonly SignedDelivery[]
  /** The stories started so far, with the light each must end on. */
  traces(): readonly Trace[]
}

/** Shuffled stories without end, the given number at a time, from a seed. */
export function openTraceStream(chance: SeededRandom, name: string, atOnce = 36): TraceStream {
  const started: Trace[] = []
  let queue: (SignedDelivery | { delivery: WebhookDelivery; guid: string })[] = []

  function refill(): void {
    const next = traces(atOnce, { first: started.length + 1 })
    started.push(...next)
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
    traces: () => started,
  }
}
