import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { shareNextReadings } from '../../src/web/shared-reading.ts'

/** Readings that end when the test lets them. */
function openReadings(atOnce: number) {
  const share = shareNextReadings(atOnce)
  const started: { readonly key: string; end(): void; fail(): void }[] = []
  return {
    keys: () => started.map(({ key }) => key),
    ask: (key: string) =>
      share(key, () => {
        const { promise, resolve, reject } = Promise.withResolvers<string>()
        const position = started.length
        started.push({ key, end: () => resolve(`${key} ${position}`), fail: () => reject(new Error('away')) })
        return promise
      }),
    nth: (position: number) => started[position],
  }
}

test('a crowd reads a few at once, and who has waited longest comes first', async () => {
  const { ask, keys, nth } = openReadings(2)
  const asked = ['a', 'b', 'c', 'd'].map(ask)
  await nextTurn()
  expect(keys()).toEqual(['a', 'b'])
  nth(1)?.end()
  await asked[1]
  expect(keys()).toEqual(['a', 'b', 'c'])
  nth(0)?.fail()
  await expect(asked[0]).rejects.toThrow('away')
  expect(keys()).toEqual(['a', 'b', 'c', 'd'])
})

test('whoever asks for what waits shares it, and whoever asks for what is being read shares the next', async () => {
  const { ask, keys, nth } = openReadings(1)
  const asked = [ask('a'), ask('a')]
  await nextTurn()
  const later = [ask('a'), ask('b'), ask('a'), ask('b')]
  await nextTurn()
  expect(keys()).toEqual(['a'])
  nth(0)?.end()
  expect(await Promise.all(asked)).toEqual(['a 0', 'a 0'])
  nth(1)?.end()
  await later[0]
  nth(2)?.end()
  expect(await Promise.all(later)).toEqual(['a 1', 'b 2', 'a 1', 'b 2'])
  expect(keys()).toEqual(['a', 'a', 'b'])
})
