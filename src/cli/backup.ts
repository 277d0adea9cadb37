// `backup FILE` and `restore FILE` for the embedded database. A running process makes the backup itself, because the
// database is locked; the file is written here, by the user who asked for it.
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readDatabaseConfig } from '../config.ts'
import { connectOperations, controlSocketPath } from '../process/control-socket.ts'
import { EX_DATAERR, EX_USAGE, failWith } from '../process/exit.ts'
import { openDatabase } from '../process/open-database.ts'
import { restoreEmbeddedDatabase } from '../process/restore-embedded-database.ts'
import { writeWhole } from '../process/write-whole.ts'
import { printable } from '../text/printable.ts'

const NOT_DONE = 1

/** Writes the embedded database into a file; resolves to the exit code. */
export async function runBackupCommand(args: readonly string[]): Promise<number> {
  const asked = readArguments(args)
  if (asked === null) return failWith('use `backup FILE`, or `backup FILE --replace` if the file exists.', EX_USAGE)
  const directory = readEmbeddedDirectory()
  if (directory === null) return failOnPostgres()
  const { file, mayReplace } = asked
  if (existsSync(file) && !mayReplace) return failWith(`${printable(file)} exists: add --replace.`, NOT_DONE)
  const dump = await dumpDatabase(directory)
  if (dump === null) return failWith(`there is no database in ${directory}: is ANDON_DATA right?`, NOT_DONE)
  try {
    await writeWhole(file, dump, mayReplace)
  } catch (error) {
    return failWith(`${printable(file)} cannot be written (${codeOf(error)}): name another file.`, NOT_DONE)
  }
  console.log(`${printable(file)} holds the database of ${directory} (${(dump.length / 1e6).toFixed(1)} MB).`)
  return 0
}

/** Puts a backup in the place of the embedded database; resolves to the exit code. */
export async function runRestoreCommand(args: readonly string[]): Promise<number> {
  const asked = readArguments(args)
  if (asked === null) return failWith('use `restore FILE`, or `restore FILE --replace`.', EX_USAGE)
  const directory = readEmbeddedDirectory()
  if (directory === null) return failOnPostgres()
  const { file, mayReplace } = asked
  let dump: Uint8Array<ArrayBuffer>
  try {
    dump = new Uint8Array(await readFile(file))
  } catch (error) {
    return failWith(
      `${printable(file)} cannot be read (${codeOf(error)}): name a file that \`backup\` wrote.`,
      NOT_DONE,
    )
  }
  const result = await restoreEmbeddedDatabase({ directory, dump, mayReplace, now: new Date().toISOString() })
  switch (result.state) {
    case 'occupied':
      return failWith(`${directory} holds a database already: add --replace to set it aside.`, NOT_DONE)
    case 'unreadable': {
      const why = printable(result.why).replace(/\.$/, '')
      return failWith(`${printable(file)} is not a whole backup of this version or an older one (${why}).`, EX_DATAERR)
    }
    case 'restored':
      console.log(`${directory} holds the database of ${printable(file)}.`)
      if (result.setAside !== null) console.log(`The former one is in ${result.setAside}: remove it when all is well.`)
      return 0
  }
}

function readArguments(args: readonly string[]): { readonly file: string; readonly mayReplace: boolean } | null {
  const [file, ...more] = args.filter((word) => word !== '--replace')
  if (file === undefined || file.startsWith('-') || more.length > 0) return null
  return { file, mayReplace: args.includes('--replace') }
}

/** Null if the database is a Postgres. */
function readEmbeddedDirectory(): string | null {
  const { databaseUrl, dataDirectory } = readDatabaseConfig(process.env)
  return databaseUrl === null ? dataDirectory : null
}

function failOnPostgres(): number {
  return failWith('DATABASE_URL is set: use pg_dump and pg_restore (docs/operations.md, "Backups").', NOT_DONE)
}

async function dumpDatabase(directory: string): Promise<Uint8Array | null> {
  const running = await connectOperations(controlSocketPath(directory))
  if (running !== null) return Buffer.from(await running.backup(), 'base64')
  if (!existsSync(join(directory, 'postgres'))) return null
  const database = await openDatabase({ databaseUrl: null, dataDirectory: directory, logLevel: 'silent' })
  try {
    return (await database.dump?.()) ?? null
  } finally {
    await database.close()
  }
}

function codeOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return code ?? message
}
