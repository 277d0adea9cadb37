import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { ActiveHold } from '../../../src/pipeline/model/hold.ts'
import type { ConfigurationNotice } from '../../../src/render/configuration-notice.ts'
import type { BoardFixture } from '../../web/support/board-fixtures.ts'

/** Short, so that tests need not wait. */
export const PING_EVERY_MS = 500
const BEAT_EVERY_MS = 200

export type BoardState = {
  readonly rows?: readonly BoardFixture[]
  readonly mistaken?: readonly ConfigurationNotice[]
  readonly holds?: readonly ActiveHold[]
  readonly isUnavailable?: boolean
}

export type BoardServer = {
  readonly url: string
  /** How many streams are open. */
  streams(): Promise<number>
  /** Replaces the rows of the board, or makes it unreadable. */
  show(order: BoardState): void
  kill(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void
  /** Ends the process and resolves when it is gone. */
  stop(): Promise<void>
}

/** Starts a server; on a given port it replaces the one that was there. */
export async function startBoardServer(
  o: { port?: number; build?: string; access?: 'open' | 'login'; beatEveryMs?: number } = {},
): Promise<BoardServer> {
  const { port = 0, build = 'build-1', access = 'open', beatEveryMs = BEAT_EVERY_MS } = o
  const child: ChildProcess = fork(join(import.meta.dirname, 'board-server-process.ts'), [
    String(port),
    build,
    access,
    String(beatEveryMs),
  ])
  const [{ url }] = (await once(child, 'message')) as [{ url: string }]
  return {
    url,
    async streams() {
      const health = await fetch(`${url}/healthz`)
      return ((await health.json()) as { streams: number }).streams
    },
    show: (order) => void child.send(order),
    kill: (signal) => void child.kill(signal),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      await exited
    },
  }
}
