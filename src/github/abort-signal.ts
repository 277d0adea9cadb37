/** The same, but every request ends when the signal is aborted, too. */
export function withAbortSignal(send: typeof fetch, signal: AbortSignal): typeof fetch {
  return (input, init) =>
    send(input, { ...init, signal: AbortSignal.any([signal, ...(init?.signal ? [init.signal] : [])]) })
}
