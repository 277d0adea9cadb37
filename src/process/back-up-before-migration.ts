// A migration of the embedded database cannot be undone, and nobody else keeps a copy. So one is made first.
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Database } from '../store/database.ts'
import { makeDirectory } from './data-directory.ts'
import { writeWhole } from './write-whole.ts'

const KEPT = 3

/**
 * Writes the embedded database into `backups/` of its folder, as the command `backup` does, and removes all but the last
 * ones. Nothing where there is nothing to keep: in Postgres, which has its own backups, or in a new database.
 */
export async function backUpBeforeMigration(
  { dump, kysely, location }: Database,
  missing: readonly string[],
  now: string,
): Promise<void> {
  const tables = await kysely.introspection.getTables()
  if (dump === null || !tables.some(({ name }) => name === 'pipelines')) return
  const directory = join(location, 'backups')
  await makeDirectory(directory)
  const name = `${now.replaceAll(/[:.]/g, '-')}-before-${missing[0]}.backup`
  await writeWhole(join(directory, name), await dump(), true)
  const backups = (await readdir(directory)).filter((each) => each.endsWith('.backup')).toSorted()
  for (const older of backups.slice(0, -KEPT)) await rm(join(directory, older))
}
