// `canary OWNER/REPO#N`: what the start label would start on that issue, and what is in the way. It asks GitHub as Andon would,
// rehearses the start in a transaction that is rolled back, and writes nothing anywhere.
import pino from 'pino'
import { rehearseStart, type StartRehearsal, type StartToRehearse } from '../apply/rehearse-start.ts'
import { type AppCredentials, readConfig, type StartConfig } from '../config.ts'
import { openGitHub } from '../github/client.ts'
import { openRequests } from '../github/request.ts'
import { NO_APP_YET, readStoredApp } from '../process/app-store.ts'
import { connectOperations, controlSocketPath } from '../process/control-socket.ts'
import { hasEmbeddedDatabase } from '../process/data-directory.ts'
import { EX_USAGE, failWith } from '../process/exit.ts'
import { migrateOrVerify, openDatabase } from '../process/open-database.ts'
import { printable } from '../text/printable.ts'
import { type CanaryQuestion, type CanaryVerdict, type JudgeStart, judgeStart } from './judge-start.ts'

const EXIT_WOULD_START = 0
const EXIT_WOULD_NOT = 1
const EXIT_UNKNOWN = 2

/** Resolves to the exit code. */
export async function runCanaryCommand(args: readonly string[]): Promise<number> {
  const asJson = args.includes('--json')
  const asked = parseArguments(args.filter((arg) => arg !== '--json'))
  if (asked === null) return failWith('use `canary OWNER/REPO#N [--as LOGIN] [--json]`.', EX_USAGE)
  const config = readConfig('all', process.env)
  try {
    // Where the environment names no App, it is the one that the setup has stored.
    const app = config.app ?? (await readStoredApp(config))
    if (app === null) throw new Error(NO_APP_YET)
    const verdict = await judgeStart(judging(config, app), asked)
    const wouldStart = verdict.start !== null
    console.log(
      asJson ? JSON.stringify({ ...named(asked), wouldStart, ...verdict }, null, 2) : describe(asked, verdict),
    )
    return wouldStart ? EXIT_WOULD_START : EXIT_WOULD_NOT
  } catch (error) {
    // GitHub or the database did not answer: nobody knows.
    if (!(error instanceof Error)) throw error
    return failWith(`cannot tell: ${printable(error.message.replace(/\.$/, ''))}.`, EXIT_UNKNOWN)
  }
}

function parseArguments([target = '', option, login, ...rest]: readonly string[]): CanaryQuestion | null {
  const [, owner, name, number] = /^([\w.-]+)\/([\w.-]+)#(\d{1,9})$/.exec(target) ?? []
  if (owner === undefined || name === undefined || Number(number) < 1 || rest.length > 0) return null
  if (option !== undefined && (option !== '--as' || login === undefined)) return null
  return { owner, name, issueNumber: Number(number), by: login ?? null }
}

function judging(config: StartConfig, { appId, privateKey }: AppCredentials): JudgeStart {
  const { githubApiUrl: apiUrl } = config
  const now = () => new Date().toISOString()
  const options = { appId, privateKey, apiUrl, now, log: pino({ level: 'silent' }) }
  const rehearse = (start: StartToRehearse) => rehearseInDatabase(config, start, now)
  return { call: openRequests(options), github: openGitHub(options), rehearse, now }
}

/** Through the socket of the process that owns the embedded database, or in a database that is opened here. */
async function rehearseInDatabase(
  config: StartConfig,
  start: StartToRehearse,
  now: () => string,
): Promise<StartRehearsal> {
  const { databaseUrl, dataDirectory } = config
  const running = databaseUrl === null ? await connectOperations(controlSocketPath(dataDirectory)) : null
  if (running !== null) return running.rehearseStart(start)
  if (databaseUrl === null && !hasEmbeddedDatabase(dataDirectory))
    throw new Error(`there is no database in ${dataDirectory} yet: start Andon first`)
  const database = await openDatabase(config)
  try {
    await migrateOrVerify(database, config, false)
    return await rehearseStart({ database, now }, start)
  } finally {
    await database.close()
  }
}

function named({ owner, name, issueNumber }: CanaryQuestion) {
  return { repository: `${owner}/${name}`, issue: issueNumber }
}

function describe(asked: CanaryQuestion, { label, title, start, reasons }: CanaryVerdict): string {
  const { repository, issue } = named(asked)
  const who = asked.by === null ? 'by somebody who may write' : `by ${asked.by}`
  const what = label === null ? 'the start label' : `the label \`${label}\`, set ${who},`
  const head = `${repository}#${issue}${title === null ? '' : ` (${title})`}: ${what} would start`
  const notes = reasons.map((reason) => `- ${reason}`)
  if (start === null) return [`${head} nothing.`, ...notes].map(printable).join('\n')
  const inputs = Object.entries(start.inputs).map(([input, value]) => `${input}=${value}`)
  return [
    `${head}:`,
    `  stage     ${start.stage}, attempt ${start.attempt}`,
    `  workflow  .github/workflows/${start.workflow}`,
    `  ref       ${start.ref}`,
    `  inputs    ${inputs.join(', ')}`,
    ...notes,
  ]
    .map(printable)
    .join('\n')
}
