import { expect, test } from 'vitest'
import { whomToAsk } from '../../src/outbox/write-surface.ts'

test('of many who are assigned some are asked, and who started it always, also when assigned after the others', () => {
  const assigned = ['ada', 'grace', 'linus', 'margaret', 'trinity', 'Zoe']
  expect(whomToAsk(['zoe', ...assigned])).toEqual(['zoe', 'ada', 'grace', 'linus', 'margaret'])
})
