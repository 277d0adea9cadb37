// Where the App is kept that was registered on the setup page: in a file beside the embedded database, or encrypted in
// Postgres, where every process finds it.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import type { AppCredentials, StartConfig } from '../config.ts'
import { insertSealedCredentials, loadSealedCredentials, replaceSealedCredentials } from '../store/app-credentials.ts'
import type { Database } from '../store/database.ts'
import { parseJson } from '../text/parse-json.ts'
import { isPrivateKey } from './credentials.ts'
import { StartupError } from './environment.ts'
import { secretKeysOf } from './keep-secret.ts'
import { openDatabase } from './open-database.ts'
import { writeWhole } from './write-whole.ts'

/** For a command that needs an App. */
export const NO_APP_YET = 'no GitHub App is registered yet: start Andon, and open the address that it prints.'

/** What is stored is damaged, or is not for this process to read. */
export class UnreadableApp extends StartupError {}

export type AppStore = {
  /** Null when no App is stored; throws UnreadableApp when what is stored cannot be read. */
  load(): Promise<AppCredentials | null>
  /** False when an App is stored already; that one stays. */
  insert(app: AppCredentials): Promise<boolean>
  /** False when the stored App is not `former`: another command has changed it, which stays. */
  replace(former: AppCredentials, next: AppCredentials): Promise<boolean>
}

export async function openAppStore(o: {
  database: Database
  config: Pick<StartConfig, 'secret' | 'dataDirectory'>
}): Promise<AppStore> {
  const { database, config } = o
  if (database.kind === 'embedded') return openAppFile(config.dataDirectory)
  const keys = await secretKeysOf(config)
  const seal = (app: AppCredentials) => keys.seal(JSON.stringify(app), PURPOSE)
  function open(sealed: string): AppCredentials {
    const text = keys.open(sealed, PURPOSE)
    if (text !== null) return parseApp(text, 'what the database stores of the App')
    throw new UnreadableApp(
      'the App in the database was encrypted with another ANDON_SECRET: set that one, or set APP_ID, PRIVATE_KEY and WEBHOOK_SECRET.',
    )
  }
  return {
    async load() {
      const sealed = await loadSealedCredentials(database)
      return sealed === null ? null : open(sealed)
    },
    insert: (app) => insertSealedCredentials(database, seal(app)),
    async replace(former, next) {
      const sealed = await loadSealedCredentials(database)
      if (sealed === null || !isDeepStrictEqual(open(sealed), former)) return false
      return await replaceSealedCredentials(database, { former: sealed, next: seal(next) })
    },
  }
}

const PURPOSE = 'credentials of the App'

/** What is stored, for a command that runs beside the processes; throws a StartupError when it cannot be read. */
export async function readStoredApp(
  o: Pick<StartConfig, 'databaseUrl' | 'dataDirectory' | 'logLevel' | 'secret'>,
): Promise<AppCredentials | null> {
  if (o.databaseUrl === null) return openAppFile(o.dataDirectory).load()
  const database = await openDatabase(o)
  try {
    return await (await openAppStore({ database, config: o })).load()
  } finally {
    await database.close()
  }
}

/** Only the process that has the lock of the directory writes. */
export function openAppFile(dataDirectory: string): AppStore {
  const path = join(dataDirectory, 'app.json')
  const write = (app: AppCredentials, mayReplace: boolean) =>
    writeWhole(path, `${JSON.stringify(app, null, 2)}\n`, mayReplace)
  let replacing: Promise<unknown> = Promise.resolve()

  async function load(): Promise<AppCredentials | null> {
    try {
      return parseApp(await readFile(path, 'utf8'), path)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'ENOENT') return null
      if (code === undefined) throw error
      throw new UnreadableApp(`${path} cannot be read (${code}): make it readable for the user who runs Andon.`)
    }
  }

  async function replace(former: AppCredentials, next: AppCredentials): Promise<boolean> {
    if (!isDeepStrictEqual(await load(), former)) return false
    await write(next, true)
    return true
  }

  return {
    load,
    async insert(app) {
      try {
        await write(app, false)
        return true
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
        throw error
      }
    },
    replace(former, next) {
      const replaced = replacing.then(() => replace(former, next))
      replacing = replaced.catch(() => undefined)
      return replaced
    },
  }
}

const STORED_APP = z.object({
  appId: z.int().positive(),
  privateKey: z.string().refine(isPrivateKey),
  webhookSecrets: z.array(z.string().min(1)).min(1),
  client: z.object({ id: z.string(), secret: z.string() }).nullable(),
})

function parseApp(text: string, where: string): AppCredentials {
  const parsed = STORED_APP.safeParse(parseJson(text))
  if (parsed.success) return parsed.data
  throw new UnreadableApp(
    `${where} is damaged: restore it, or set APP_ID, PRIVATE_KEY and WEBHOOK_SECRET from the App's settings page.`,
  )
}
