import pg from 'pg'

const FIRST_RECONNECT_MS = 250
const MAX_RECONNECT_MS = 5_000

/**
 * Listens on a connection of its own and opens another when it breaks. `lost` is called when the connection is lost and
 * again once there is a new one: what was notified in between is gone.
 */
export async function listenOn(
  url: string,
  channel: string,
  heard: (payload: string) => void,
  lost: () => void,
): Promise<() => Promise<void>> {
  let stopped = false
  let waitMs = FIRST_RECONNECT_MS
  let timer: NodeJS.Timeout | null = null
  let client = await connect()

  async function connect(): Promise<pg.Client> {
    const fresh = new pg.Client({
      connectionString: url,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      connectionTimeoutMillis: MAX_RECONNECT_MS,
    })
    fresh.on('notification', ({ payload }) => heard(payload ?? ''))
    fresh.on('error', () => undefined)
    try {
      await fresh.connect()
      await fresh.query(`listen ${fresh.escapeIdentifier(channel)}`)
    } catch (error) {
      await fresh.end().catch(() => undefined)
      throw error
    }
    fresh.once('end', reconnectLater)
    waitMs = FIRST_RECONNECT_MS
    return fresh
  }

  function reconnectLater(): void {
    if (stopped) return
    lost()
    again()
  }

  function again(): void {
    timer = setTimeout(async () => {
      try {
        client = await connect()
        if (stopped) await client.end()
        else lost()
      } catch {
        waitMs = Math.min(waitMs * 2, MAX_RECONNECT_MS)
        if (!stopped) again()
      }
    }, waitMs)
  }

  return async () => {
    stopped = true
    clearTimeout(timer ?? undefined)
    await client.end().catch(() => undefined)
  }
}
