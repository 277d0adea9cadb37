// A connection may die without a word: a firewall forgets it, a machine loses its power, a proxy goes silent. Nothing comes
// from the socket then, not even its end, so silence is measured here. Whatever is not answered in time takes its
// connection with it: what the server still does there is unknown, and so is what it would answer next.
import type { ClientBase } from 'pg'

export type Bounds = {
  /** For how long the server may be silent while a statement waits for it. */
  readonly answerMs: number
  /** How long a transaction may take, from its first statement to its last. */
  readonly transactionMs: number
}

/** A client of pg, which has its socket. */
type Client = ClientBase & { readonly connection: { readonly stream: { destroy(error?: Error): void } & Emitter } }
type Emitter = { on(event: 'data', listener: () => void): unknown }

type Bounded = { dataAt: number; isInUse: boolean; readonly end: (reason: string) => void }

export type BoundedConnections = {
  /** From now on, the connection ends when it exceeds its bounds. */
  bound(client: Client, bounds: Bounds): void
  /** Whether somebody has taken it from its pool. */
  setInUse(client: ClientBase, isInUse: boolean): void
  /** Ends the connections that nothing uses just now, at most once a second: the next ones lead to where the address leads. */
  renew(): void
  /** Ends all that are left. */
  endAll(): void
}

const RENEW_AT_MOST_EVERY_MS = 1_000
/** The server was a primary when the connection was opened, and is none any more. */
const READ_ONLY = '25006'

/** The connections to one server. When one is found dead, the silent others are ended, too. */
export function openBoundedConnections(): BoundedConnections {
  const connections = new Map<ClientBase, Bounded>()
  let renewedAt = Number.NEGATIVE_INFINITY

  function endIdle(reason: string, silentSince = Number.POSITIVE_INFINITY): void {
    for (const one of [...connections.values()]) if (!one.isInUse && one.dataAt < silentSince) one.end(reason)
  }

  function renew(): void {
    if (performance.now() - renewedAt < RENEW_AT_MOST_EVERY_MS) return
    renewedAt = performance.now()
    endIdle('the connection was given up for a new one')
  }

  return {
    bound(client, { answerMs, transactionMs }) {
      const { stream } = client.connection
      const own: Bounded = { dataAt: performance.now(), isInUse: false, end }
      let transaction: NodeJS.Timeout | undefined
      let isReadOnly = false
      connections.set(client, own)
      stream.on('data', () => {
        own.dataAt = performance.now()
      })
      client.once('end', () => {
        clearTimeout(transaction)
        connections.delete(client)
      })

      function end(reason: string): void {
        connections.delete(client)
        stream.destroy(Object.assign(new Error(`${reason}: connection terminated`), { code: 'ETIMEDOUT' }))
      }

      const submit = client.query.bind(client) as (...words: readonly unknown[]) => Promise<unknown>

      async function query(text: string, ...parameters: readonly unknown[]): Promise<unknown> {
        const sentAt = performance.now()
        let silence = setTimeout(endIfSilent, answerMs)

        // After a process was stopped, its timers run before it reads what has arrived meanwhile.
        function endIfSilent(): void {
          silence = setTimeout(() => {
            const silentMs = performance.now() - Math.max(own.dataAt, sentAt)
            if (silentMs < answerMs) {
              silence = setTimeout(endIfSilent, answerMs - silentMs)
              return
            }
            end(`the database did not answer within ${answerMs} ms`)
            endIdle('another connection was found dead', sentAt)
          }, 0)
        }

        if (/^(begin|start transaction)\b/.test(text))
          transaction = setTimeout(() => end(`a transaction took longer than ${transactionMs} ms`), transactionMs)
        try {
          return await submit(text, ...parameters)
        } catch (error) {
          isReadOnly ||= error instanceof Error && 'code' in error && error.code === READ_ONLY
          throw error
        } finally {
          clearTimeout(silence)
          if (/^(commit|rollback)$/.test(text)) clearTimeout(transaction)
          if (isReadOnly && client.getTransactionStatus() === 'I') {
            end('the database is read-only')
            renew()
          }
        }
      }
      // Only this one of its forms is used.
      client.query = query as typeof client.query
    },
    setInUse(client, isInUse) {
      const own = connections.get(client)
      if (own !== undefined) own.isInUse = isInUse
    },
    renew,
    endAll() {
      for (const one of [...connections.values()]) one.end('the process is ending')
    },
  }
}
