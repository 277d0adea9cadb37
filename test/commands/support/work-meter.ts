import { Session } from 'node:inspector/promises'

/** Measures work, not time: how often the blocks of the parser's code were run, in total. */
export async function openWorkMeter() {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  const sinceLast = async () => {
    const { result } = await session.post('Profiler.takePreciseCoverage')
    const ranges = result
      .filter(({ url }) => /micromark|mdast|\/src\/commands\//.test(url))
      .flatMap(({ functions }) => functions.flatMap(({ ranges }) => ranges))
    return ranges.reduce((sum, { count }) => sum + count, 0)
  }
  return {
    async workOf(read: () => void): Promise<number> {
      await sinceLast()
      read()
      return await sinceLast()
    },
    close: () => session.disconnect(),
  }
}
