// The demo as a person starts it, in a process of its own, with what it prints.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify, stripVTControlCharacters } from 'node:util'
import { hasFailed, type ShownIssue } from './github-page.ts'

export type DemoProcess = {
  readonly board: string
  /** Resolves when the demo has printed a line that contains these words. */
  untilItSays(words: string): Promise<void>
  /** Runs one of the operator's commands against the Andon of the demo. */
  runCommand(...words: readonly string[]): Promise<void>
  /** Resolves with an issue on which both the comment and the check run say that this stage has failed. */
  untilStageFails(stage: string): Promise<ShownIssue>
  stop(): Promise<void>
}

const root = join(import.meta.dirname, '../..')
const PORT = 4610
const GITHUB_PORT = 4611
const TIMEOUT_MS = 180_000
// Some failing stages are retried at once: a busy machine may have to wait for the next issue that fails.
const STAGE_TIMEOUT_MS = 900_000
const ISSUES = [5, 6, 7, 8, 9, 10, 11, 12].flatMap((number) => [
  `acme/api/issues/${number}`,
  `acme/widgets/issues/${number}`,
])

export async function startDemo(): Promise<DemoProcess> {
  const board = `http://127.0.0.1:${PORT}`
  const github = `http://127.0.0.1:${GITHUB_PORT}`
  const child = spawn(
    process.execPath,
    ['demo/main.ts', '--port', String(PORT), '--github-port', String(GITHUB_PORT)],
    { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const output: string[] = []
  const lines = createInterface({ input: child.stdout })
  lines.on('line', (line) => output.push(stripVTControlCharacters(line)))

  async function untilItSays(words: string): Promise<void> {
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    while (!output.some((line) => line.includes(words))) await once(lines, 'line', { signal })
  }

  await untilItSays('The board')
  return {
    board,
    untilItSays,
    async runCommand(...words) {
      const page = await (await fetch(board)).text()
      const directory = /embedded database in ([^<\s]+)/.exec(page)?.[1]
      if (directory === undefined) throw new Error('the board does not say where its database is')
      const env = { ...process.env, ANDON_DATA: directory, DATABASE_URL: '' }
      await promisify(execFile)(process.execPath, ['src/main.ts', ...words], { cwd: root, env })
    },
    async untilStageFails(stage) {
      const giveUpAt = Date.now() + STAGE_TIMEOUT_MS
      while (Date.now() < giveUpAt) {
        for (const issue of ISSUES) {
          const answer = await fetch(`${github}/${issue}.json`)
          if (!answer.ok) continue
          const shown = (await answer.json()) as ShownIssue
          if (hasFailed(shown, stage)) return shown
        }
        await pause(1_000)
      }
      throw new Error(`the stage ${stage} did not fail`)
    },
    async stop() {
      child.kill('SIGINT')
      await once(child, 'exit')
    },
  }
}
