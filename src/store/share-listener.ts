import type { Database } from './database.ts'

type Listen = Database['listen']
type Listener = { readonly heard: (payload: string) => void; readonly lost: () => void }

/** The same as `listen`, over one connection for everybody in this process who listens on a channel. */
export function shareListener(listen: Listen): Listen {
  const channels = new Map<string, { readonly listeners: Set<Listener>; readonly stop: Promise<() => Promise<void>> }>()
  return async (channel, heard, lost) => {
    const listener = { heard, lost }
    const known = channels.get(channel) ?? open(channel)
    known.listeners.add(listener)
    const leave = async () => {
      if (!known.listeners.delete(listener) || known.listeners.size > 0) return
      if (channels.get(channel) === known) channels.delete(channel)
      await (await known.stop)()
    }
    try {
      await known.stop
    } catch (error) {
      if (channels.get(channel) === known) channels.delete(channel)
      throw error
    }
    return leave
  }

  function open(channel: string) {
    const listeners = new Set<Listener>()
    const stop = listen(
      channel,
      (payload) => {
        for (const { heard } of [...listeners]) heard(payload)
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
