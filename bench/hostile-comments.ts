// How long a hostile comment blocks the process before GitHub has its answer. Not a test: time depends on the machine.
//
//   node bench/hostile-comments.ts
import { parseCommands } from '../src/commands/parse-commands.ts'
import { worstCaseComments } from '../test/commands/support/worst-case-comments.ts'

const timed = worstCaseComments(65_536).map(([name, body]) => {
  parseCommands(body)
  const before = process.cpuUsage()
  const [first] = parseCommands(body)
  return { name, ms: process.cpuUsage(before).user / 1000, unread: first?.verb === null }
})
const slowest = timed.toSorted((a, b) => b.ms - a.ms).slice(0, 12)
console.log(
  `${timed.length} comments of up to 65,536 characters, ${timed.filter(({ unread }) => unread).length} not read`,
)
for (const { name, ms, unread } of slowest)
  console.log(`${ms.toFixed(0).padStart(6)} ms  ${name}${unread ? ' (not read)' : ''}`)
