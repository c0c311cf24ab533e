// What an error tells besides its code.

import { expect, test } from 'vitest';

import { TidewaterError } from '../src/errors.js';

const constraint = (sqlite: number, message: string) => TidewaterError.from({ code: 'constraint', message, sqlite }).constraint;

test('a constraint is named, with its columns', () => {
  expect(constraint(2067, 'UNIQUE constraint failed: user.email, user.realm')).toEqual({
    kind: 'unique',
    columns: ['user.email', 'user.realm'],
    name: undefined,
  });
  expect(constraint(2067, "UNIQUE constraint failed: index 'by_lower'")).toEqual({ kind: 'unique', columns: [], name: 'by_lower' });
  expect(constraint(1299, 'NOT NULL constraint failed: note.body')).toMatchObject({ kind: 'notNull', columns: ['note.body'] });
  expect(constraint(275, 'CHECK constraint failed: price > 0, really')).toMatchObject({ kind: 'check', columns: [], name: 'price > 0, really' });
  expect(constraint(787, 'FOREIGN KEY constraint failed')).toEqual({ kind: 'foreignKey', columns: [], name: undefined });
  expect(constraint(3091, 'cannot store TEXT value in INTEGER column t.a')).toMatchObject({ kind: 'dataType' });
  expect(TidewaterError.from({ code: 'sql_error', message: 'no such table: t', sqlite: 1 }).constraint).toBeUndefined();
});

test('an offset counts as the string does', () => {
  const sql = "SELECT 'ü🌊' FORM t";
  const bytes = new TextEncoder().encode(sql.slice(0, sql.indexOf('t', 15))).length;
  const { offset } = TidewaterError.from({ code: 'sql_error', message: 'near "t"', sqlite: 1, offset: bytes }, sql);
  expect(sql.slice(offset)).toBe('t');
  expect(TidewaterError.from({ code: 'sql_error', message: 'near "t"', offset: 3 }).offset).toBeUndefined();
});

test('what may be tried again, and what may have been done', () => {
  const told = (code: string) => {
    const { retryable, outcome } = new TidewaterError(code, '');
    return [retryable, outcome];
  };
  expect(told('busy')).toEqual([true, 'none']);
  expect(told('timeout')).toEqual([true, 'none']);
  expect(told('constraint')).toEqual([false, 'none']);
  expect(told('outcome_unknown')).toEqual([false, 'unknown']);
  expect(told('session_expired')).toEqual([false, 'unknown']);
});
