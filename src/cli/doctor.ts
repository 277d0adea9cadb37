// `doctor [--json]`: what is wrong with this installation of Andon, and what to do. It changes nothing, anywhere.
import { styleText } from 'node:util'
import { readPartialConfig } from '../config.ts'
import { examine } from '../doctor/examine.ts'
import { CHECKS, type Finding, type FindingState, isWell } from '../doctor/finding.ts'
import { EX_USAGE, failWith } from '../process/exit.ts'
import { printable } from '../text/printable.ts'
import { collectReadings } from './collect-readings.ts'

const EXIT_WELL = 0
const EXIT_WRONG = 1
const EXIT_UNKNOWN = 2

/** Prints the findings and ends the process: a part that hangs must not keep it. */
export async function runDoctorCommand(args: readonly string[]): Promise<number> {
  const [option, ...rest] = args
  if (rest.length > 0 || (option !== undefined && option !== '--json'))
    return failWith('use `doctor` or `doctor --json`.', EX_USAGE)
  const findings = examine(await collectReadings(readPartialConfig('all', process.env)))
  const text = option === '--json' ? toJson(findings) : formatTable(findings)
  process.stdout.write(`${text}\n`, () => process.exit(exitCodeOf(findings)))
  return exitCodeOf(findings)
}

function exitCodeOf(findings: readonly Finding[]): number {
  if (isWell(findings)) return EXIT_WELL
  return findings.some(({ state }) => state === 'wrong') ? EXIT_WRONG : EXIT_UNKNOWN
}

function toJson(findings: readonly Finding[]): string {
  const status = { [EXIT_WELL]: 'well', [EXIT_WRONG]: 'wrong' }[exitCodeOf(findings)] ?? 'unknown'
  return JSON.stringify({ asOf: new Date().toISOString(), status, findings }, null, 2)
}

const STATES = {
  ok: ['ok', 'green'],
  wrong: ['WRONG', 'red'],
  unknown: ['?', 'yellow'],
  skipped: ['-', 'gray'],
} as const satisfies Record<FindingState, readonly [string, string]>

const STATE_WIDTH = 7
const NAME_WIDTH = Math.max(...Object.values(CHECKS).map((name) => name.length)) + 2

function formatTable(findings: readonly Finding[]): string {
  const indent = ' '.repeat(STATE_WIDTH + NAME_WIDTH)
  const lines = findings.flatMap(({ check, state, what, todo }) => {
    const [word, colour] = STATES[state]
    // The stream decides whether it takes colours: it must be a terminal, and NO_COLOR is obeyed.
    const shown = styleText(colour, word.padEnd(STATE_WIDTH), { stream: process.stdout })
    const line = `${shown}${CHECKS[check].padEnd(NAME_WIDTH)}${printable(what)}`
    return todo === null ? [line] : [line, `${indent}${printable(todo)}`]
  })
  const count = (wanted: FindingState) => findings.filter(({ state }) => state === wanted).length
  return [...lines, '', summaryOf(count('wrong'), count('unknown'))].join('\n')
}

function summaryOf(wrong: number, unknown: number): string {
  if (wrong === 0 && unknown === 0) return 'All is well.'
  const parts = [
    ...(wrong === 0 ? [] : [`${wrong} ${wrong === 1 ? 'thing is' : 'things are'} wrong`]),
    ...(unknown === 0 ? [] : [`${unknown} cannot be told`]),
  ]
  return `${parts.join(', ')}.`
}
