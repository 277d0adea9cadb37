// The command line: the Procfile's roles and the operator's commands. Every mistake is one sentence and an exit code.
import { existsSync } from 'node:fs'
import { BadConfig } from './config.ts'
import { operateDeliveries } from './operator.ts'
import { runRole } from './role.ts'

const HELP = `Usage: npm run -s andon -- COMMAND

Roles
  all                     web, worker and migrations in one process (npm start)
  web                     deliveries in, the board out
  worker                  check runs and comments, the watchdog
  migrate                 bring the database to this version's shape, then end

Operator
  deliveries [--json]     what was accepted but could not be applied, and why
  deliveries replay ID    apply one of them again
  help                    this text

The environment is described in docs/operations.md; .env is read where it exists, and the real environment beats it.`

// sysexits(3)
const EX_USAGE = 64
const EX_SOFTWARE = 70

if (existsSync('.env')) process.loadEnvFile('.env')

process.exitCode = await run(process.argv.slice(2)).catch(explain)

async function run([command = 'help', ...rest]: readonly string[]): Promise<number> {
  switch (command) {
    case 'all':
    case 'web':
    case 'worker':
    case 'migrate':
      return runRole(command)
    case 'deliveries':
      return operateDeliveries(rest)
    case 'help':
    case '--help':
    case '-h':
      console.log(HELP)
      return 0
    default:
      return say(`there is no command "${command}": \`npm run -s andon -- help\` lists them.`, EX_USAGE)
  }
}

function explain(error: unknown): number {
  if (error instanceof BadConfig) return say(error.message, error.exitCode)
  return say(error instanceof Error ? error.message : String(error), EX_SOFTWARE)
}

function say(sentence: string, exitCode: number): number {
  console.error(`andon: ${sentence}`)
  return exitCode
}
