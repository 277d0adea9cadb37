// The stored App for a command that changes it. Beside the embedded database it belongs to the process that owns the
// directory, so a command goes through its control socket, and takes the lock itself only if no process runs.
import { setTimeout as pause } from 'node:timers/promises'
import type { StartConfig } from '../config.ts'
import { STORED_APP_IN_USE_AFTER_MS } from './app-host.ts'
import { type AppStore, openAppFile, openAppStore } from './app-store.ts'
import { connectOperations, controlSocketPath } from './control-socket.ts'
import { openDataDirectory } from './data-directory.ts'
import { lockDirectory } from './directory-lock.ts'
import { migrateOrVerify, openDatabase } from './open-database.ts'

export type StoredApp = Pick<AppStore, 'load' | 'replace'> & {
  /** Resolves when every process uses what is stored. */
  inUse(): Promise<void>
  /** How long `inUse` waits. */
  readonly inUseAfterMs: number
}

/** Passes the stored App to `use`, and resolves as that does. */
export async function withStoredApp<T>(config: StartConfig, use: (stored: StoredApp) => Promise<T>): Promise<T> {
  return await (config.databaseUrl === null ? withAppFile(config, use) : withAppTable(config, use))
}

async function withAppTable<T>(config: StartConfig, use: (stored: StoredApp) => Promise<T>): Promise<T> {
  const database = await openDatabase(config)
  try {
    await migrateOrVerify(database, config, false)
    const store = await openAppStore({ database, config })
    // Processes look every few seconds, and nobody knows which there are.
    const inUse = () => pause(STORED_APP_IN_USE_AFTER_MS)
    return await use({ ...store, inUse, inUseAfterMs: STORED_APP_IN_USE_AFTER_MS })
  } finally {
    await database.close()
  }
}

async function withAppFile<T>({ dataDirectory }: StartConfig, use: (stored: StoredApp) => Promise<T>): Promise<T> {
  const file = openAppFile(dataDirectory)
  // It is in use when it is replaced.
  const atOnce = { inUse: async () => undefined, inUseAfterMs: 0 }
  const running = await connectOperations(controlSocketPath(dataDirectory))
  if (running !== null) return await use({ load: file.load, replace: running.replaceApp, ...atOnce })
  await openDataDirectory(dataDirectory)
  const unlock = await lockDirectory(dataDirectory)
  try {
    return await use({ ...file, ...atOnce })
  } finally {
    unlock()
  }
}
