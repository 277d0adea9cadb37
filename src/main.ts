// The command line: the Procfile's roles and the operator's commands. Every mistake is one sentence and an exit code.
// A command loads only what it needs: `loop status` must answer even when other parts fail to load.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ProcessRole } from './config.ts'
import { StartupError } from './process/environment.ts'
import { EX_USAGE, failWith } from './process/exit.ts'

const HELP = `Usage: npm run -s andon -- COMMAND

In a repository that Andon works on
  init [DIR] --agent NAME [--url URL] [--from OWNER/REPO@VERSION] [--force]
                          writes .github/andon.yml and its workflows for an agent: claude-code, codex, openhands, copilot or
                          empty; URL is where Andon runs, OWNER/REPO where its source is on GitHub; overwrites with --force
  check [FILE | DIR] [--json]
                          finds mistakes in .github/andon.yml and in the workflows that it names: exit 0 none, 65 some

Roles
  all                     web, worker and migrations in one process (npm start)
  web                     receives deliveries and serves the board
  worker [--iterations N] publishes check runs and comments and runs the watchdog; with N, ends after N rounds of each
  migrate                 brings the database to this version's schema, then ends

Board
  watch [OWNER/REPO | OWNER/REPO#N] [--needs-me] [--json] [--url URL]
                          shows the board, a repository's or an issue, and keeps it current: on a terminal as a screen (q ends it),
                          else as a line for each change; URL is where Andon runs (BASE_URL); ANDON_TOKEN is an API token from
                          /account, where people sign in
  watch --until WORDS OWNER/REPO#N [--json] [--url URL]
                          waits until the issue is running, in review, failed, done or needs-person; WORDS are one or more of
                          running,review,failed,done,needs-person: exit 0 the first of them is so, 1 another or it is over, 2 cannot
                          tell

Operator
  doctor [--json]         looks at everything that must be right, from the App's permissions to the proxy, and says what to do:
                          exit 0 all is well, 1 something is wrong, 2 cannot tell
  canary OWNER/REPO#N [--as LOGIN] [--json]
                          says what the start label would start on that issue, set by LOGIN or by somebody who may write, and
                          what is in the way; it starts nothing: exit 0 it would start, 1 it would not, 2 cannot tell
  deliveries [--json]     lists the deliveries that could not be applied, and why
  deliveries replay ID... | --all [--yes]
                          applies them again, the oldest first; more than one only with --yes, else it says how many
  deliveries drop ID... | --all [--yes]
                          takes them off that list for good
  effects [--json]        lists what was given up after its last try: dispatches, cancellations, replies, questions
  effects replay ID... | --all [--yes]
                          lets them be tried again; what may have arrived is looked for before it is sent
  effects drop ID... | --all [--yes]
                          takes them off that list for good
  hold --all [--until TIME | --for DURATION] REASON
                          holds every repository: nothing new starts until it is resumed or the time has come (UTC;
                          \`18:00\`, \`2026-11-28 18:00\`, \`2h\`); current runs go on
  resume --all            ends that hold: every pipeline continues where it stopped
  loop status [--json]    lists the workers and whether they are alive: exit 0 all, 1 some not or none, 2 cannot tell
  loop stop [ID | --all]  lets a worker finish its current work, then ends it; ID as in that list
  app show [--json]       shows the GitHub App: where it is stored, its key's fingerprint, how many webhook secrets are accepted
  app secret rotate       makes another webhook secret and sets it at GitHub; the former is accepted until \`app secret drop\`
  app secret drop         accepts only the newest webhook secret
  app key FILE            goes over to another private key of the App, in every process; \`-\` reads it from stdin
  app client-secret FILE  the same for the secret of the client, with which people sign in
  backup FILE [--replace] writes the whole embedded database into a file, whether or not Andon is running
  restore FILE [--replace]
                          puts such a file in the place of the embedded database; Andon must be stopped. --replace: also where
                          a file, or a database, is there already; that database is set aside
  help                    prints this text
  version                 prints the version of Andon and of Node

Environment variables are described in docs/reference/environment.md. A .env file is read if it exists; the real environment overrides it.`

/** From sysexits(3). */
const EX_SOFTWARE = 70

const MAX_ITERATIONS = 1_000_000_000

process.exitCode = await run(process.argv.slice(2)).catch(reportError)

async function run([command = 'help', ...rest]: readonly string[]): Promise<number> {
  switch (command) {
    case 'help':
    case '--help':
    case '-h':
      console.log(HELP)
      return 0
    case 'version':
    case '--version':
      console.log(`andon ${readVersion()}, Node ${process.versions.node}`)
      return 0
    // They work on somebody's checkout, whose .env is not Andon's.
    case 'init':
      return (await import('./cli/init.ts')).runInitCommand(rest)
    case 'check':
      return (await import('./cli/check.ts')).runCheckCommand(rest)
  }
  readEnvFile(command)
  // Whatever is written from here on concerns no other user of this machine.
  process.umask(0o077)
  switch (command) {
    case 'all':
    case 'web':
    case 'worker':
    case 'migrate':
      return runRoleCommand(command, rest)
    case 'watch':
      return (await import('./cli/watch.ts')).runWatchCommand(rest)
    case 'canary':
      return (await import('./cli/canary.ts')).runCanaryCommand(rest)
    case 'doctor':
      return (await import('./cli/doctor.ts')).runDoctorCommand(rest)
    case 'loop':
      return (await import('./cli/loops.ts')).runLoopCommand(rest)
    case 'effects':
      return (await import('./cli/effects.ts')).runEffectsCommand(rest)
    case 'deliveries':
      return (await import('./cli/deliveries.ts')).runDeliveriesCommand(rest)
    case 'hold':
      return (await import('./cli/hold.ts')).runHoldCommand(rest)
    case 'resume':
      return (await import('./cli/hold.ts')).runResumeCommand(rest)
    case 'app':
      return (await import('./cli/app.ts')).runAppCommand(rest)
    case 'backup':
      return (await import('./cli/backup.ts')).runBackupCommand(rest)
    case 'restore':
      return (await import('./cli/backup.ts')).runRestoreCommand(rest)
    default:
      return failWith(`there is no command "${command}": \`npm run -s andon -- help\` lists them.`, EX_USAGE)
  }
}

async function runRoleCommand(role: ProcessRole, args: readonly string[]): Promise<number> {
  const [option, count = '', ...rest] = args
  if (option !== undefined && role !== 'worker') return failWith(`\`${role}\` takes no arguments.`, EX_USAGE)
  if (option !== undefined && (option !== '--iterations' || rest.length > 0)) {
    return failWith('`worker` takes only `--iterations N`.', EX_USAGE)
  }
  const iterations = option === undefined ? undefined : Number(count)
  if (iterations !== undefined && (!/^\d+$/.test(count) || iterations < 1 || iterations > MAX_ITERATIONS)) {
    return failWith(`--iterations takes a whole number from 1 to ${MAX_ITERATIONS}.`, EX_USAGE)
  }
  const { runRole } = await import('./process/run-role.ts')
  return runRole(role, { iterations })
}

function readVersion(): string {
  return JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')).version
}

function readEnvFile(command: string): void {
  if (!existsSync('.env')) return
  try {
    process.loadEnvFile('.env')
  } catch (error) {
    const sentence = `.env cannot be read (${error instanceof Error ? error.message : error}): make it readable for the user who runs Andon.`
    // The file may be readable only by the service's user, and these commands work without it.
    if (!['loop', 'doctor', 'watch'].includes(command)) throw new StartupError(sentence)
    failWith(sentence, 0)
  }
}

function reportError(error: unknown): number {
  if (error instanceof StartupError) {
    for (const sentence of error.sentences) failWith(sentence, error.exitCode)
    // At once: a PGlite that could not open its files may keep the process alive for ever.
    process.exit(error.exitCode)
  }
  return failWith(error instanceof Error ? error.message : String(error), EX_SOFTWARE)
}
