// `watch`: the board, or one issue, in a terminal, in lines or in JSON, for as long as somebody watches or until an issue has
// come to where it is waited for. It reads the event stream as any program may, and shows what the server says.
import { parseArgs } from 'node:util'
import { readWatchConfig, type WatchConfig } from '../config.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { EX_USAGE, failWith } from '../process/exit.ts'
import type { PipelineDetail } from '../render/pipeline-detail.ts'
import { nameOf } from '../render/terminal-board.ts'
import { printable } from '../text/printable.ts'
import { followStream, StreamRefused } from './follow-stream.ts'
import { type Outlet, openJsonLines, openTerminal, openTextLines } from './watch-outlets.ts'
import { createListener, type ShownUpdate, type StreamUpdate } from './watched-board.ts'

const EXIT_OTHER_WORD = 1
const EXIT_UNKNOWN = 2

const WORDS = ['running', 'review', 'failed', 'done', 'needs-person'] as const
type Word = (typeof WORDS)[number]

type Asked = {
  readonly repository: string | null
  readonly issue: number | null
  readonly isMine: boolean
  readonly isJson: boolean
  readonly url: string | null
  /** The issue is waited for until one of these is so; empty means for ever. */
  readonly until: readonly Word[]
}

/** Resolves to the exit code. */
export async function runWatchCommand(args: readonly string[]): Promise<number> {
  const asked = parseWatch(args)
  if (typeof asked === 'string') return failWith(asked, EX_USAGE)
  return watch(asked, readWatchConfig(process.env))
}

async function watch(asked: Asked, config: WatchConfig): Promise<number> {
  const ending = new AbortController()
  let exitCode = 0
  let sentence: string | null = null
  const finish = (code: number, reason: string | null = null) => {
    if (ending.signal.aborted) return
    exitCode = code
    sentence = reason
    ending.abort()
  }
  for (const [signal, number] of SIGNALS) process.once(signal, () => finish(128 + number))
  // `watch | head` has seen enough.
  process.stdout.on('error', () => finish(0))

  const url = streamUrlOf(asked, config.baseUrl)
  const outlet = openOutlet(asked, config, url, (by) => finish(by === 'q' ? 0 : 128 + SIGINT))
  const read = createListener()
  let asOf: Instant | null = null
  let isAway = false

  function follow(update: StreamUpdate): void {
    if (update.kind === 'gone') {
      finish(EXIT_UNKNOWN, `${placeOf(asked)} is no longer there, or no longer yours to see.`)
      return
    }
    if (update.kind === 'away') {
      if (!isAway) outlet.lose({ why: 'Andon cannot read its database', asOf, retryAt: null })
      isAway = true
      return
    }
    isAway = false
    asOf = asOfOf(update) ?? asOf
    outlet.show(update)
    if (update.kind !== 'issue') return
    const end = endOf(update.issue, asked.until)
    if (end !== null) finish(end.exitCode, end.sentence)
  }

  try {
    await followStream({
      url,
      token: config.token,
      signal: ending.signal,
      listener: {
        onMessage(message) {
          const update = read(message)
          if (update !== null) follow(update)
        },
        onLost(why, retryInMs) {
          // Whoever answers next says for itself whether its database can be read.
          isAway = false
          outlet.lose({ why, asOf, retryAt: Date.now() + retryInMs })
        },
      },
    })
  } catch (error) {
    if (!(error instanceof StreamRefused)) throw error
    finish(EXIT_UNKNOWN, `${error.message}.`)
  } finally {
    outlet.close()
  }
  return sentence === null ? exitCode : failWith(printable(sentence), exitCode)
}

const SIGINT = 2
const SIGNALS = [
  ['SIGINT', SIGINT],
  ['SIGTERM', 15],
  ['SIGHUP', 1],
] as const

const USAGE =
  'use `watch [OWNER/REPO | OWNER/REPO#N] [--needs-me] [--json] [--url URL]`, or `watch --until WORDS OWNER/REPO#N`'

/** What the command line asks for, or a sentence on what is wrong with it. */
function parseWatch(args: readonly string[]): Asked | string {
  const read = readArguments(args)
  if (read === null) return `${USAGE}.`
  const { values, positionals } = read
  const [target = '', ...more] = positionals
  const [, repository = null, number] = /^([\w.-]{1,100}\/[\w.-]{1,100})(?:#([1-9]\d{0,8}))?$/.exec(target) ?? []
  const issue = number === undefined ? null : Number(number)
  if (more.length > 0 || (target !== '' && repository === null)) return `${USAGE}.`
  const until = (values.until ?? '').split(',').filter((word) => word !== '')
  const words = WORDS.filter((word) => until.includes(word))
  if (words.length < until.length || (values.until !== undefined && words.length === 0))
    return `\`--until\` takes ${WORDS.join(', ')}, or several of them with commas between.`
  if (words.length > 0 && issue === null) return '`--until` waits for one issue: name it as OWNER/REPO#N.'
  const isMine = values['needs-me'] ?? false
  if (isMine && issue !== null) return '`--needs-me` is about a board: name no issue with it.'
  const { url = null, json: isJson = false } = values
  if (url !== null && !(URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)))
    return '`--url` takes the address of the board, such as https://andon.example.com.'
  // In the order in which they were typed: the first is what is hoped for.
  const ordered = until.flatMap((word) => words.filter((known) => known === word))
  return { repository, issue, isMine, isJson, url, until: ordered }
}

function readArguments(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        'needs-me': { type: 'boolean' },
        json: { type: 'boolean' },
        until: { type: 'string' },
        url: { type: 'string' },
      },
    })
  } catch {
    return null
  }
}

function streamUrlOf({ repository, issue, isMine, url: named }: Asked, baseUrl: string): URL {
  const url = new URL('/events?as=json', named ?? baseUrl)
  if (repository !== null) url.searchParams.set('repository', repository)
  if (issue !== null) url.searchParams.set('issue', String(issue))
  if (isMine) url.searchParams.set('needs', 'me')
  return url
}

function placeOf({ repository, issue }: Asked): string {
  if (repository === null) return 'the board'
  return issue === null ? repository : nameOf({ repository, issue })
}

function openOutlet(asked: Asked, { isDumb }: WatchConfig, url: URL, onQuit: (by: 'q' | 'ctrl-c') => void): Outlet {
  const write = (line: string) => console.log(line)
  if (asked.isJson) return openJsonLines(write)
  if (!process.stdout.isTTY || isDumb || asked.until.length > 0)
    return openTextLines(write, (line) => console.error(`andon: ${line}`))
  return openTerminal({ place: `${asked.repository ?? 'all repositories'} at ${url.host}`, onQuit })
}

/** How the wait for an issue ends, if it does: with a word that was waited for, or over without any. */
function endOf(
  issue: PipelineDetail,
  until: readonly Word[],
): { readonly exitCode: number; readonly sentence: string | null } | null {
  if (until.length === 0) return null
  const reached = until.find((word) => isReached(issue, word))
  if (reached !== undefined) return { exitCode: reached === until[0] ? 0 : EXIT_OTHER_WORD, sentence: null }
  if (!issue.ended) return null
  return {
    exitCode: EXIT_OTHER_WORD,
    sentence: `${nameOf(issue)} is over, and will not come to that: ${issue.reason}.`,
  }
}

function isReached({ light, needsYou }: PipelineDetail, word: Word): boolean {
  return word === 'needs-person' ? needsYou : light === word
}

function asOfOf(update: ShownUpdate): Instant | null {
  switch (update.kind) {
    case 'board':
    case 'change':
      return update.board.asOf
    case 'current':
      return update.asOf
    case 'issue':
      return null
  }
}
