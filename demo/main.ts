// `npm run demo`: Andon and a GitHub on this machine, and a factory morning between them.
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { styleText } from 'node:util'
import { type FakeGitHub, startFakeGitHub } from '../fake-github/fake-github.ts'
import { startAndon } from './andon-supervisor.ts'
import { crashOnce } from './crash.ts'
import type { IssueDriver } from './issue-driver.ts'
import { HELP, type Options, readOptions, StartupError } from './options.ts'
import { dispatchedRuns } from './run-source.ts'
import { playScenario } from './scenario.ts'
import { openSession, SessionEnded } from './session.ts'

// The night is simulated without waiting. (Above the first statement, because `await` runs before what stands below it.)
const NIGHT_PACE = 1_000

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  if (!(error instanceof StartupError)) throw error
  if (error.exitCode === 0) console.log(error.message)
  else console.error(`demo: ${error.message}`)
  return error.exitCode
})

async function main(words: readonly string[]): Promise<number> {
  const options = readOptions(words)
  if (options === null) {
    console.log(HELP)
    return 0
  }
  const stopping = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopping.abort())
  // The reader has gone: `npm run demo | head`.
  process.stdout.on('error', () => stopping.abort())
  await refuseBusyPort(options.port)
  const directory = makeDataDirectory()
  const ends: (() => Promise<void>)[] = [async () => rmSync(directory, { recursive: true, force: true })]
  try {
    await runDemo(options, directory, ends, stopping.signal)
  } finally {
    for (const end of ends.reverse()) await end()
  }
  console.log('Stopped.')
  return 0
}

async function runDemo(
  options: Options,
  directory: string,
  ends: (() => Promise<void>)[],
  signal: AbortSignal,
): Promise<void> {
  let behind = 0
  const now = () => new Date(Date.now() - behind).toISOString()
  console.log(bold('Andon: a factory morning on this machine'))
  const github = await startFakeGitHub({
    port: options.githubPort,
    webhookSecret: randomBytes(32).toString('hex'),
    seed: options.seed,
    now,
    // Only what happened in the night is dated back.
    answerNow: () => new Date().toISOString(),
  }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE') throw error
    throw new StartupError(`port ${options.githubPort} is in use: choose another with --github-port.`)
  })
  ends.push(() => github.close())
  console.log(dim('It takes some seconds to create a database first.'))
  const andon = await startAndon({ github, port: options.port, directory, verbose: options.verbose, signal })
  ends.push(() => andon.stop())
  github.deliveries.setTarget(`${andon.url}/api/github/webhooks`)
  github.install()
  const say = (where: string, what: string) =>
    console.log(`${dim(new Date().toTimeString().slice(0, 8))}  ${where.padEnd(16)} ${what}`)
  const session = openSession({ pace: options.pace, seed: options.seed, signal, say })
  const nightSession = openSession({ pace: NIGHT_PACE, seed: options.seed, signal, say: () => undefined })
  const setMinutesAgo = (minutes: number) => {
    behind = minutes * 60_000
  }
  const onFirstIssue = (work: IssueDriver) => console.log(urlList(andon.url, github, work))
  const runSource = dispatchedRuns(github, andon.url, say)
  const { promise: lost, reject: loses } = Promise.withResolvers<never>()
  const onNightEnd = () => {
    crashOnce({ github, andon, session }).catch((error) => {
      if (!signal.aborted) loses(error)
    })
  }
  const morning = playScenario({
    github,
    session,
    nightSession,
    runSource,
    setMinutesAgo,
    onFirstIssue,
    onNightEnd,
  }).catch(ignoreSessionEnded)
  const death = andon.exitedUnexpectedly.then((last) => {
    if (!signal.aborted) throw new StartupError(`Andon ended by itself${last === '' ? '.' : `: ${last}`}`)
  })
  await Promise.race([morning, death, lost])
}

function ignoreSessionEnded(error: unknown): void {
  if (!(error instanceof SessionEnded)) throw error
}

function urlList(board: string, github: FakeGitHub, { repository, number }: IssueDriver): string {
  const issue = `${repository}/issues/${number}`
  const rows = [
    ['The board', `${board}/`],
    ['One repository', `${board}/${repository}`],
    ['One issue', `${board}/${issue}`],
    ['The same as JSON', `${board}/api/pipelines`],
    ['GitHub’s own pages', `${github.url}/`],
    ['… of one issue', `${github.url}/${issue}`],
    ['… as JSON', `${github.url}/${issue}.json`],
  ] as const
  return `\n${rows.map(([what, url]) => `  ${what.padEnd(18)} ${bold(url)}`).join('\n')}\n\n  Ctrl-C stops everything.\n`
}

// Andon would refuse too, but only after the GitHub and the database were created.
async function refuseBusyPort(port: number): Promise<void> {
  const probe = createServer()
  await new Promise<void>((resolve, reject) => {
    probe.once('error', (error: NodeJS.ErrnoException) => {
      const why =
        error.code === 'EADDRINUSE'
          ? `port ${port} is in use (is the demo running already?): stop what listens there, or choose another with --port.`
          : `cannot listen on port ${port} (${error.code}): choose another with --port.`
      reject(new StartupError(why))
    })
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve()))
  })
}

function makeDataDirectory(): string {
  try {
    return mkdtempSync(join(tmpdir(), 'andon-demo-'))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new StartupError(`cannot create a directory in ${tmpdir()} (${code}): set TMPDIR to a writable one.`)
  }
}

function bold(text: string): string {
  return styleText('bold', text, { stream: process.stdout })
}

function dim(text: string): string {
  return styleText('dim', text, { stream: process.stdout })
}
