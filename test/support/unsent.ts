import type { FakeGitHub } from './fake-github.ts'

/** GitHub never attempts to deliver what people and runs do meanwhile, so that its log has nothing either. */
export async function unsent<T>({ deliveries }: FakeGitHub, act: () => T): Promise<Awaited<T>> {
  deliveries.injectFaults({ drop: 1 })
  const done = await act()
  deliveries.clearFaults()
  return done
}
