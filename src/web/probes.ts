// What machines ask about this process. `healthz` is about life and says what is degraded; `readyz` is about deliveries.
import type { Hub } from './hub.ts'
import type { Board, Reader } from './reader.ts'

/** What the rest of the process knows about its health: loops, GitHub. Sentences in `degraded` are shown first. */
export type Health = { readonly degraded?: readonly string[] } & Readonly<Record<string, unknown>>

const SOON_MS = 2_000

/** 200 while the process lives, whatever else is wrong. */
export async function healthz(o: {
  reader: Reader
  hub: Hub
  build: string
  health: () => Promise<Health>
}): Promise<object> {
  const [board, rest] = await Promise.all([
    soon(o.reader.board({ limit: 1 })).catch(() => null),
    o.health().catch(() => ({ degraded: ['the health of the loops could not be read'] })),
  ])
  const degraded = [...(rest.degraded ?? []), ...troubles(board)]
  return {
    status: degraded.length === 0 ? 'ok' : 'degraded',
    ...rest,
    degraded,
    build: o.build,
    database: { reachable: board !== null },
    deliveries: board && { failed: board.failedDeliveries, lastAt: board.lastDeliveryAt },
    streams: o.hub.size(),
  }
}

/** Whether this process can commit a delivery now, and if not, why. */
export async function readyz(reader: Reader): Promise<{ ready: boolean; reason: string | null }> {
  const reason = await soon(reader.obstacle()).catch((error: Error) => error.message)
  return { ready: reason === null, reason }
}

function troubles(board: Board | null): readonly string[] {
  if (board === null) return ['the database cannot be read']
  const failed = board.failedDeliveries
  return failed === 0 ? [] : [`${failed} ${failed === 1 ? 'delivery' : 'deliveries'} could not be applied`]
}

/** Whoever probes has little patience: no answer in time is an answer. */
function soon<T>(reading: Promise<T>): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const timer = setTimeout(() => reject(new Error(`the database did not answer within ${SOON_MS} ms`)), SOON_MS)
  reading.then(resolve, reject).finally(() => clearTimeout(timer))
  return promise
}
