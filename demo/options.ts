// The command-line options.
import { parseArgs } from 'node:util'

export type Options = {
  readonly port: number
  readonly githubPort: number
  readonly pace: number
  readonly seed: number
  readonly verbose: boolean
}

/** A start that is refused: one sentence, and the exit code. */
export class StartupError extends Error {
  readonly exitCode: number
  constructor(sentence: string, exitCode = 1) {
    super(sentence)
    this.exitCode = exitCode
  }
}

export const HELP = `Usage: npm run demo -- [options]

Starts Andon and a GitHub on this machine, and plays a factory morning until you stop it with Ctrl-C.
It needs no network, no account and no database, and leaves nothing behind.

  --port N          the port of the board (3000)
  --github-port N   the port of the GitHub on this machine (any free port)
  --pace X          how many times faster the morning is played (1)
  --fast            the same as --pace 4
  --seed N          plays plays another morning (1)
  --verbose         shows the log of Andon
  --help            this text`

/** Null when help was asked for; throws StartupError for unknown words. */
export function readOptions(words: readonly string[]): Options | null {
  const { values } = parseOptions(words)
  if (values.help) return null
  return {
    port: wholeNumber('--port', values.port, 1, 65_535),
    githubPort: wholeNumber('--github-port', values['github-port'], 0, 65_535),
    pace: positiveNumber('--pace', values.pace ?? (values.fast ? '4' : '1')),
    seed: wholeNumber('--seed', values.seed, 0, 2 ** 31),
    verbose: values.verbose,
  }
}

function parseOptions(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      options: {
        port: { type: 'string', default: '3000' },
        'github-port': { type: 'string', default: '0' },
        pace: { type: 'string' },
        fast: { type: 'boolean', default: false },
        seed: { type: 'string', default: '1' },
        verbose: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
  } catch (error) {
    const [sentence = ''] = (error as Error).message.split('. ')
    throw new StartupError(`${sentence}: \`npm run demo -- --help\` lists the options.`, EX_USAGE)
  }
}

// sysexits(3)
const EX_USAGE = 64

function wholeNumber(name: string, text: string, least: number, most: number): number {
  if (/^\d+$/.test(text) && Number(text) >= least && Number(text) <= most) return Number(text)
  throw new StartupError(`${name} must be a whole number from ${least} to ${most}, not "${text}".`, EX_USAGE)
}

function positiveNumber(name: string, text: string): number {
  const number = Number(text)
  if (number > 0 && number <= 100) return number
  throw new StartupError(`${name} must be a number above 0 and up to 100, not "${text}".`, EX_USAGE)
}
