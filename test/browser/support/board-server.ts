import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { ActiveHold } from '../../../src/pipeline/model/hold.ts'
import type { ConfigurationNotice } from '../../../src/render/configuration-notice.ts'
import type { BoardFixture } from '../../web/support/board-fixtures.ts'

export const PING_EVERY_MS = 500

export type BoardState = {
  readonly rows?: readonly BoardFixture[]
  readonly mistaken?: readonly ConfigurationNotice[]
  readonly holds?: readonly ActiveHold[]
  readonly isUnavailable?: boolean
}

export type BoardServer = {
  readonly url: string
  /** Replaces the rows of the board, or makes it unreadable. */
  show(order: BoardState): void
  kill(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void
  /** Ends the process and resolves when it is gone. */
  stop(): Promise<void>
}

/** Starts a server; on a given port it replaces the one that was there. */
export async function startBoardServer(
  o: { port?: number; build?: string; access?: 'open' | 'login' } = {},
): Promise<BoardServer> {
  const { port = 0, build = 'build-1', access = 'open' } = o
  const child: ChildProcess = fork(join(import.meta.dirname, 'board-server-process.ts'), [String(port), build, access])
  const [{ url }] = (await once(child, 'message')) as [{ url: string }]
  return {
    url,
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
