"use strict";

// PCG64 as NumPy has it, seeded as NumPy seeds it: O'Neill (2014), PCG: a family of simple fast
// space-efficient statistically good algorithms for random number generation, and NumPy's
// SeedSequence. Words of 32 bits are numbers, those of 64 and 128 bits are BigInts.

const MASK_64 = (1n << 64n) - 1n;
const MASK_128 = (1n << 128n) - 1n;
const MULTIPLIER = 0x2360ed051fc65da44385df649fccf645n;
const POOL = 4; // words

/** The words of 32 bits of a whole number, the lowest first. */
function wordsOf(number) {
  const words = [];
  do {
    words.push(Number(number & 0xffffffffn));
    number >>= 32n;
  } while (number);
  return words;
}

/** Four words of 64 bits from a seed (a BigInt) and NumPy's spawn key. */
function seedSequence(seed, spawnKey = []) {
  const entropy = wordsOf(seed);
  if (spawnKey.length) {
    while (entropy.length < POOL) entropy.push(0);
    entropy.push(...spawnKey);
  }
  let constant = 0x43b0d7e5;
  const hash = (value) => {
    value ^= constant;
    constant = Math.imul(constant, 0x931e8875);
    value = Math.imul(value, constant);
    return (value ^ (value >>> 16)) >>> 0;
  };
  const mix = (x, y) => {
    const mixed = Math.imul(x, 0xca01f9dd) - Math.imul(y, 0x4973f715);
    return (mixed ^ (mixed >>> 16)) >>> 0;
  };
  const pool = [];
  for (let i = 0; i < POOL; i++) pool.push(hash(entropy[i] ?? 0));
  for (let from = 0; from < POOL; from++) {
    for (let to = 0; to < POOL; to++) {
      if (from !== to) pool[to] = mix(pool[to], hash(pool[from]));
    }
  }
  for (const word of entropy.slice(POOL)) {
    for (let to = 0; to < POOL; to++) pool[to] = mix(pool[to], hash(word));
  }
  const words = [];
  constant = 0x8b51f9dd;
  for (let i = 0; i < 2 * POOL; i++) {
    let value = pool[i % POOL] ^ constant;
    constant = Math.imul(constant, 0x58f38ded);
    value = Math.imul(value, constant);
    words.push(BigInt((value ^ (value >>> 16)) >>> 0));
  }
  return [0, 2, 4, 6].map((i) => words[i] | (words[i + 1] << 32n));
}

class PCG64 {
  constructor(seed, spawnKey) {
    const [high, low, sequenceHigh, sequenceLow] = seedSequence(seed, spawnKey);
    this.increment = ((((sequenceHigh << 64n) | sequenceLow) << 1n) | 1n) & MASK_128;
    this.state = (this.increment + ((high << 64n) | low)) & MASK_128;
    this.advance();
  }

  advance() {
    this.state = (this.state * MULTIPLIER + this.increment) & MASK_128;
  }

  /** The next 64 bits: the halves of the state, one over the other, turned by its first bits. */
  raw() {
    this.advance();
    const folded = (this.state >> 64n) ^ (this.state & MASK_64);
    const turn = this.state >> 122n;
    return ((folded >> turn) | (folded << (64n - turn))) & MASK_64;
  }

  /** A number in [0, 1) of 53 bits. */
  uniform() {
    return Number(this.raw() >> 11n) * 2 ** -53;
  }
}

/** A number below `count` from numbers that do not draw any character. */
function drawBelow(count, seed) {
  return Number((new PCG64(seed, [1]).raw() * BigInt(count)) >> 64n);
}
