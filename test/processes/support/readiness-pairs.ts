// Is /readyz right? Once a second it is asked, and a delivery is sent in the same moment: both must be fine, or both 503.
// They are compared second by second: a delivery that was taken, but more than a second after it was sent, allows both answers.
// Two things excuse a difference, and nothing else. Both are looked for from a second before the question, because whoever
// asks within a second shares an answer.
// - The test changed something about the database until both had answered.
// - Another delivery allows what /readyz says, and was sent until that was said: the database takes some and no others.
import type { AndonProcess } from '../../support/andon-process.ts'

export type SentDelivery = { readonly sentAt: number; readonly answeredAt: number; readonly isTaken: boolean }

type Pair = {
  readonly askedAt: number
  readonly answeredAt: number
  readonly isReady: boolean
  readonly reason: string
  readonly delivery: SentDelivery
}

export type ReadinessVerdict = {
  readonly pairs: number
  /** Both 503. */
  readonly closed: number
  /** Both allowed, because the delivery had to wait. */
  readonly waited: number
  /** Different, and excused. */
  readonly changing: number
  /** Different, each in words. */
  readonly wrong: readonly string[]
}

const EVERY_MS = 1_000
const WAITS_MS = 1_000
/** For as long, those who ask share an answer; and a little for timers. */
const SHARED_MS = 1_050

type Known = { readonly sent: readonly SentDelivery[]; readonly changedAt: readonly number[] }

export type ReadinessPairs = {
  /** Asks no more, and judges, knowing the other deliveries that were sent, and when the database changed. */
  judge(known: Known): Promise<ReadinessVerdict>
}

export function openReadinessPairs(andon: AndonProcess, deliver: () => Promise<SentDelivery>): ReadinessPairs {
  const asked: Promise<Pair>[] = []

  async function ask(): Promise<Pair> {
    const askedAt = performance.now()
    const delivering = deliver()
    const answer = await fetch(`${andon.url}/readyz`)
    const { reason } = (await answer.json()) as { reason: string | null }
    const answeredAt = performance.now()
    const isReady = answer.status === 200
    return { askedAt, answeredAt, isReady, reason: reason ?? 'ready', delivery: await delivering }
  }

  const timer = setInterval(() => void asked.push(ask()), EVERY_MS)
  return {
    async judge(known) {
      clearInterval(timer)
      return judgePairs(await Promise.all(asked), known)
    },
  }
}

function judgePairs(pairs: readonly Pair[], { sent, changedAt }: Known): ReadinessVerdict {
  const every = [...sent, ...pairs.map(({ delivery }) => delivery)]
  const different = pairs.filter(({ isReady, delivery }) => !allows(delivery, isReady))
  const wrong = different.filter((pair) => {
    const { askedAt, answeredAt, isReady, delivery } = pair
    const from = askedAt - SHARED_MS
    const over = Math.max(answeredAt, delivery.answeredAt)
    if (changedAt.some((at) => at >= from && at <= over)) return false
    return !every.some((one) => one.sentAt >= from && one.sentAt <= answeredAt && allows(one, isReady))
  })
  return {
    pairs: pairs.length,
    closed: pairs.filter(({ isReady, delivery }) => !isReady && !delivery.isTaken).length,
    waited: pairs.filter(({ isReady, delivery }) => !isReady && delivery.isTaken && allows(delivery, isReady)).length,
    changing: different.length - wrong.length,
    wrong: wrong.map(({ askedAt, isReady, reason, delivery }) => {
      const got = delivery.isTaken ? 'was taken' : 'got 503'
      const after = Math.round(delivery.answeredAt - delivery.sentAt)
      return `at ${Math.round(askedAt)} ms /readyz said ${isReady ? 200 : 503} (${reason}), and the delivery ${got} after ${after} ms`
    }),
  }
}

function allows({ sentAt, answeredAt, isTaken }: SentDelivery, isReady: boolean): boolean {
  return isTaken === isReady || (isTaken && answeredAt - sentAt > WAITS_MS)
}
