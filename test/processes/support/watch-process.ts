// `watch` as people run it: in a terminal of its own, which `script` of util-linux makes, or into a pipe.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { waitUntil } from '../../support/andon-process.ts'
import { openTerminalEmulator, type TerminalEmulator } from '../../support/terminal-emulator.ts'

export type WatchProcess = {
  /** What it wrote into the pipe, line by line. */
  lines(): readonly string[]
  json(): readonly Record<string, unknown>[]
  errors(): string
  /** Nobody reads it any more. */
  hangUp(): void
  stop(signal?: NodeJS.Signals): Promise<number | null>
  /** Its exit code. */
  exited(): Promise<number | null>
}

export type TerminalWatch = {
  readonly screen: TerminalEmulator
  type(keys: string): void
  /** Waits until the screen shows that. */
  shows(wanted: RegExp, withinMs?: number): Promise<void>
  exited(): Promise<number | null>
}

const running = new Set<ChildProcess>()

/** Runs `watch` with its output in a pipe. */
export function startWatch(words: readonly string[], environment: Readonly<Record<string, string>> = {}): WatchProcess {
  const child = spawn(process.execPath, [resolve('src/main.ts'), 'watch', ...words], optionsOf(environment))
  const printed = { out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed.out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    printed.err += text
  })
  const end = endOf(child)
  const lines = () => printed.out.split('\n').slice(0, -1)
  return {
    lines,
    json: () => lines().map((line) => JSON.parse(line)),
    errors: () => printed.err,
    hangUp: () => void child.stdout.destroy(),
    exited: () => end,
    stop(signal = 'SIGTERM') {
      child.kill(signal)
      return end
    },
  }
}

/** Runs `watch` in a terminal of that size; when it has ended, the terminal tells its settings. */
export function startTerminalWatch(
  words: readonly string[],
  o: { columns?: number; rows?: number; environment?: Readonly<Record<string, string>> } = {},
): TerminalWatch {
  const { columns = 100, rows = 30, environment = {} } = o
  const command = [process.execPath, resolve('src/main.ts'), 'watch', ...words].map((word) => `'${word}'`).join(' ')
  const script = `stty cols ${columns} rows ${rows}; ${command}; echo "exit $?"; stty -a`
  const child = spawn('script', ['-qefc', script, '/dev/null'], optionsOf({ TERM: 'xterm-256color', ...environment }))
  const screen = openTerminalEmulator()
  let failure: unknown = null
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    try {
      screen.write(text)
    } catch (error) {
      failure = error
    }
  })
  const end = endOf(child)
  return {
    screen,
    type: (keys) => void child.stdin.write(keys),
    shows: (wanted, withinMs = 20_000) =>
      waitUntil(`the screen shows ${wanted}`, () => wanted.test(screen.text()), {
        withinMs,
        giveUp: () => (failure === null ? (child.exitCode === null ? null : screen.outside()) : String(failure)),
      }),
    async exited() {
      await end
      if (failure !== null) throw failure
      const code = /exit (\d+)/.exec(screen.outside())?.[1]
      return code === undefined ? null : Number(code)
    },
  }
}

/** Kills what is left; call it after each file. */
export async function stopAllWatches(): Promise<void> {
  const left = [...running]
  for (const child of left) child.kill('SIGKILL')
  await Promise.all(left.map((child) => once(child, 'close')))
}

function optionsOf(environment: Readonly<Record<string, string>>) {
  // Outside the repository, whose .env is the developer's.
  const cwd = mkdtempSync(join(tmpdir(), 'andon-watch-'))
  return { cwd, env: { PATH: process.env.PATH, ...environment }, stdio: 'pipe' as const }
}

function endOf(child: ChildProcess): Promise<number | null> {
  running.add(child)
  return once(child, 'close').then(([code]) => {
    running.delete(child)
    return code
  })
}
