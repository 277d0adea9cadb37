// The command line: the Procfile's roles and the operator's commands. Every mistake is one sentence and an exit code.
// A command loads what it needs and no more: `loop status` must answer when a part of the rest cannot even be loaded.
import { existsSync } from 'node:fs'
import { type ProcessRole, StartupError } from './config.ts'
import { EX_USAGE, failWith } from './process/exit.ts'

const HELP = `Usage: npm run -s andon -- COMMAND

Roles
  all                     web, worker and migrations in one process (npm start)
  web                     deliveries in, the board out
  worker [--iterations N] check runs and comments, the watchdog; N rounds of each, then it ends
  migrate                 bring the database to this version's shape, then end

Operator
  deliveries [--json]     what was accepted but could not be applied, and why
  deliveries replay ID    apply one of them again
  hold --all REASON       pull the cord: nothing starts anywhere until it is resumed; what runs goes on
  resume --all            let go of it: every line continues where it stood
  loop status [--json]    which workers are alive: exit 0 all, 1 some not or none, 2 cannot tell
  loop stop [ID | --all]  finish what is in hand, then end; ID as in that list
  help                    this text

The environment is described in docs/reference/environment.md; .env is read where it exists, and the real environment beats it.`

/** Of sysexits(3). */
const EX_SOFTWARE = 70

const MAX_ITERATIONS = 1_000_000_000

process.exitCode = await run(process.argv.slice(2)).catch(reportError)

async function run([command = 'help', ...rest]: readonly string[]): Promise<number> {
  readEnvFile(command)
  switch (command) {
    case 'all':
    case 'web':
    case 'worker':
    case 'migrate':
      return runRoleCommand(command, rest)
    case 'loop':
      return (await import('./cli/loops.ts')).runLoopCommand(rest)
    case 'deliveries':
      return (await import('./cli/deliveries.ts')).runDeliveriesCommand(rest)
    case 'hold':
      return (await import('./cli/hold.ts')).runHoldCommand(rest)
    case 'resume':
      return (await import('./cli/hold.ts')).runResumeCommand(rest)
    case 'help':
    case '--help':
    case '-h':
      console.log(HELP)
      return 0
    default:
      return failWith(`there is no command "${command}": \`npm run -s andon -- help\` lists them.`, EX_USAGE)
  }
}

async function runRoleCommand(role: ProcessRole, words: readonly string[]): Promise<number> {
  const [option, count = '', ...rest] = words
  if (option !== undefined && role !== 'worker') return failWith(`\`${role}\` takes no further words.`, EX_USAGE)
  if (option !== undefined && (option !== '--iterations' || rest.length > 0)) {
    return failWith('`worker` takes nothing but `--iterations N`.', EX_USAGE)
  }
  const iterations = option === undefined ? undefined : Number(count)
  if (iterations !== undefined && (!/^\d+$/.test(count) || iterations < 1 || iterations > MAX_ITERATIONS)) {
    return failWith(`--iterations takes a whole number from 1 to ${MAX_ITERATIONS}.`, EX_USAGE)
  }
  const { runRole } = await import('./process/run-role.ts')
  return runRole(role, { iterations })
}

function readEnvFile(command: string): void {
  if (!existsSync('.env')) return
  try {
    process.loadEnvFile('.env')
  } catch (error) {
    const sentence = `.env cannot be read (${error instanceof Error ? error.message : error}): whoever starts Andon must be able to.`
    // The service's file may be the service's alone, and loops can be asked about without it.
    if (command !== 'loop') throw new StartupError(sentence)
    failWith(sentence, 0)
  }
}

function reportError(error: unknown): number {
  if (error instanceof StartupError) return failWith(error.message, error.exitCode)
  return failWith(error instanceof Error ? error.message : String(error), EX_SOFTWARE)
}
