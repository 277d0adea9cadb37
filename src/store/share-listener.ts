import type { Database } from './database.ts'

type Listen = Database['listen']
type Listener = { readonly notified: (payload: string) => void; readonly lost: () => void }

/** The same as `listen`, with one connection for all listeners of a channel in this process. */
export function shareListener(listen: Listen): Listen {
  const channels = new Map<string, { readonly listeners: Set<Listener>; readonly stop: Promise<() => Promise<void>> }>()
  return async (channel, notified, lost) => {
    const listener = { notified, lost }
    const shared = channels.get(channel) ?? open(channel)
    shared.listeners.add(listener)
    const unlisten = async () => {
      if (!shared.listeners.delete(listener) || shared.listeners.size > 0) return
      if (channels.get(channel) === shared) channels.delete(channel)
      await (await shared.stop)()
    }
    try {
      await shared.stop
    } catch (error) {
      if (channels.get(channel) === shared) channels.delete(channel)
      throw error
    }
    return unlisten
  }

  function open(channel: string) {
    const listeners = new Set<Listener>()
    const stop = listen(
      channel,
      (payload) => {
        for (const { notified } of [...listeners]) notified(payload)
      },
      () => {
        for (const { lost } of [...listeners]) lost()
      },
    )
    const opened = { listeners, stop }
    channels.set(channel, opened)
    return opened
  }
}
