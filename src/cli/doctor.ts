// `doctor [--json]`: what is wrong with this installation of Andon, and what to do. It changes nothing, anywhere.
import { styleText } from 'node:util'
import { readPartialConfig } from '../config.ts'
import { examine } from '../doctor/examine.ts'
import { CHECKS, type Finding, type FindingState } from '../doctor/finding.ts'
import { EX_USAGE, failWith } from '../process/exit.ts'
import { printable } from '../text/printable.ts'
import { collectReadings } from './collect-readings.ts'

const EXIT_CODES = { well: 0, wrong: 1, unknown: 2 } as const

/** Prints the findings and ends the process: a part that hangs must not keep it. */
export async function runDoctorCommand(args: readonly string[]): Promise<number> {
  const [option, ...rest] = args
  if (rest.length > 0 || (option !== undefined && option !== '--json'))
    return failWith('use `doctor` or `doctor --json`.', EX_USAGE)
  const findings = examine(await collectReadings(readPartialConfig('all', process.env)))
  const status = statusOf(findings)
  const text =
    option === '--json'
      ? JSON.stringify({ asOf: new Date().toISOString(), status, findings }, null, 2)
      : formatTable(findings)
  process.stdout.write(`${text}\n`, () => process.exit(EXIT_CODES[status]))
  return EXIT_CODES[status]
}

function statusOf(findings: readonly Finding[]): keyof typeof EXIT_CODES {
  if (findings.some(({ state }) => state === 'wrong')) return 'wrong'
  return findings.some(({ state }) => state === 'unknown') ? 'unknown' : 'well'
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
