import { link, open, rename, rm } from 'node:fs/promises'

let drafts = 0

/** Writes a file that appears whole or not at all, and that only its owner may read; an older one only if it may. */
export async function writeWhole(path: string, content: string | Uint8Array, mayReplace: boolean): Promise<void> {
  drafts += 1
  // Two writes at once have two drafts.
  const draft = `${path}.draft-${process.pid}-${drafts}`
  // Of a process with this pid that was killed: in a container, every start has the same.
  await rm(draft, { force: true })
  const handle = await open(draft, 'wx', 0o600)
  try {
    await handle.writeFile(content)
    await handle.sync()
    await handle.close()
    if (mayReplace) await rename(draft, path)
    else await link(draft, path)
  } finally {
    await handle.close()
    await rm(draft, { force: true })
  }
}
