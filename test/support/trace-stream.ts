// Work that does not run out: stories told one after the other, handed to senders and taken back when no answer came.
import { type Posted, type Signed, signed } from './deliveries.ts'
import type { Seeded } from './seeded-random.ts'
import { type Trace, traces } from './traces.ts'

export type StreamOfTraces = {
  /** The next delivery to send. */
  take(): Signed
  /** It was not answered with a 2xx: GitHub would have it sent again. */
  giveBack(delivery: Signed): void
  /** What was begun and is still to be sent; afterwards `take` begins nothing new. */
  rest(): readonly Signed[]
  /** The stories begun so far, with the light each must end on. */
  stories(): readonly Trace[]
}

/** Shuffled stories without end, so many at once, deterministic from the chance handed in. */
export function streamOfTraces(chance: Seeded, name: string, atOnce = 36): StreamOfTraces {
  const begun: Trace[] = []
  let queue: (Signed | { delivery: Posted; guid: string })[] = []

  function refill(): void {
    const next = traces(atOnce, { first: begun.length + 1 })
    begun.push(...next)
    const unsigned = next.flatMap(({ deliveries, issueNumber }) =>
      deliveries.map((delivery, index) => ({ delivery, guid: `${name}-${issueNumber}-${index}` })),
    )
    queue.push(...chance.shuffle(unsigned))
  }

  const sign = (item: (typeof queue)[number]): Signed =>
    'delivery' in item ? signed(item.delivery, { guid: item.guid }) : item

  return {
    take() {
      if (queue.length === 0) refill()
      return sign(queue.shift() as (typeof queue)[number])
    },
    giveBack: (delivery) => void queue.push(delivery),
    rest() {
      const rest = queue.map(sign)
      queue = []
      return rest
    },
    stories: () => begun,
  }
}
