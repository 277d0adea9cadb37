// How long a hostile comment keeps the process busy before GitHub has its answer. Not a test: time depends on the machine.
//
//   node bench/hostile-comments.ts
import { parse } from '../src/commands/parse-commands.ts'
import { hostile } from '../test/commands/support/worst-case-comments.ts'

const timed = hostile(65_536).map(([name, body]) => {
  parse(body)
  const begun = process.cpuUsage()
  const [first] = parse(body)
  return { name, ms: process.cpuUsage(begun).user / 1000, unread: first?.verb === null }
})
const dearest = timed.toSorted((a, b) => b.ms - a.ms).slice(0, 12)
console.log(
  `${timed.length} comments of up to 65,536 characters, ${timed.filter(({ unread }) => unread).length} not read`,
)
for (const { name, ms, unread } of dearest)
  console.log(`${ms.toFixed(0).padStart(6)} ms  ${name}${unread ? ' (not read)' : ''}`)
