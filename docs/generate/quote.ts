import { readFileSync } from 'node:fs'

/** The statement that begins with this line in the source: to the next line that is indented no deeper and closes it. */
export function quote(path: string, firstLine: string): string {
  const lines = readFileSync(path, 'utf8').split('\n')
  const first = lines.findIndex((line) => line.trimStart().startsWith(firstLine))
  if (first < 0) throw new Error(`${path} has no line that begins with "${firstLine}"`)
  const indentation = /^ */.exec(lines[first] ?? '')?.[0] ?? ''
  const closing = new RegExp(`^${indentation}[\\])}]`)
  const length = lines.slice(first + 1).findIndex((line) => closing.test(line) && !line.endsWith('{'))
  if (length < 0) throw new Error(`${path}: the statement "${firstLine}" has no end`)
  const quoted = lines.slice(first, first + length + 2)
  return quoted.map((line) => `${line.slice(indentation.length)}\n`).join('')
}
