// A disk of its own for a directory, in memory, which can be full at any moment.
import { spawnSync } from 'node:child_process'
import { statfsSync } from 'node:fs'

export type SmallDisk = {
  /** From now on there is no room for a byte more. */
  fill(): void
  free(): void
  unmount(): void
}

const ROOMY = '2g'

/** Null where this user may not mount one. */
export function mountSmallDisk(directory: string): SmallDisk | null {
  const mount = (...words: string[]) => spawnSync('mount', [...words, directory]).status === 0
  if (!mount('-t', 'tmpfs', '-o', `size=${ROOMY},mode=0700`, 'tmpfs')) return null
  return {
    fill() {
      // It may not become smaller than what is on it, which may grow meanwhile.
      for (let tries = 0; tries < 100; tries++) {
        const { blocks, bfree, bsize } = statfsSync(directory)
        if (mount('-o', `remount,size=${(blocks - bfree) * bsize}`)) return
      }
      throw new Error(`${directory} cannot be made full`)
    },
    free() {
      if (!mount('-o', `remount,size=${ROOMY}`)) throw new Error(`${directory} cannot be made larger`)
    },
    unmount: () => void spawnSync('umount', [directory]),
  }
}
