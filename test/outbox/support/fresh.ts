import { PGlite } from '@electric-sql/pglite'
import type { Database } from '../../../src/store/database.ts'
import { overPGlite, PGLITE_OPTIONS } from '../../../src/store/embedded.ts'
import { migrate } from '../../../src/store/migrate.ts'

let dump: Blob | undefined
export async function freshDatabase(): Promise<Database> {
  if (!dump) {
    const db = overPGlite(await PGlite.create({ ...PGLITE_OPTIONS }), 'x')
    await migrate(db)
    dump = await (db.engine as { pglite: PGlite }).pglite.dumpDataDir('none')
  }
  return overPGlite(await PGlite.create({ ...PGLITE_OPTIONS, loadDataDir: dump }), 'memory')
}
