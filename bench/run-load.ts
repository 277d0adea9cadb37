import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { LoadResult } from './load-generator.ts'

/** Sends the deliveries of a file to a port, from a process of its own. */
export async function runLoad(file: string, port: number, connections: number): Promise<LoadResult> {
  const script = join(import.meta.dirname, 'load-generator.ts')
  return JSON.parse(await outputOf(process.execPath, [script, file, `${port}`, `${connections}`]))
}

/** What a command prints; throws unless it ends with 0. */
export async function outputOf(command: string, words: readonly string[]): Promise<string> {
  const child = spawn(command, words, { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`${command} ended with ${code}`)
  return output
}
