/**
 * sort.Sort of Go 1.19 and later (pattern-defeating quicksort): what compares equal ends where Go leaves it, which kubectl's
 * users see in `get events --sort-by`. Sorts in place.
 */
export function goSort<T>(data: T[], less: (a: T, b: T) => boolean): void {
  if (data.length > 1) new Sorter(data, less).sort(0, data.length, bits(data.length));
}

const MAX_INSERTION = 12;
type Hint = 'unknown' | 'increasing' | 'decreasing';

class Sorter<T> {
  readonly #data: T[];
  readonly #compare: (a: T, b: T) => boolean;

  constructor(data: T[], less: (a: T, b: T) => boolean) {
    this.#data = data;
    this.#compare = less;
  }

  /** Sorts [a, b); after `limit` bad choices of a pivot by heap. */
  sort(a: number, b: number, limit: number): void {
    let balanced = true, partitioned = true;
    for (;;) {
      const length = b - a;
      if (length <= MAX_INSERTION) return this.#insertionSort(a, b);
      if (limit === 0) return this.#heapSort(a, b);
      if (!balanced) {
        this.#breakPatterns(a, b);
        limit--;
      }
      let { pivot, hint } = this.#choosePivot(a, b);
      if (hint === 'decreasing') {
        for (let i = a, j = b - 1; i < j; i++, j--) this.#swap(i, j);
        pivot = b - 1 - (pivot - a);
        hint = 'increasing';
      }
      if (balanced && partitioned && hint === 'increasing' && this.#partialInsertionSort(a, b)) return;
      if (a > 0 && !this.#less(a - 1, pivot)) {
        a = this.#partitionEqual(a, b, pivot);
        continue;
      }
      const { mid, already } = this.#partition(a, b, pivot);
      partitioned = already;
      const left = mid - a, right = b - mid, threshold = Math.floor(length / 8);
      if (left < right) {
        balanced = left >= threshold;
        this.sort(a, mid, limit);
        a = mid + 1;
      } else {
        balanced = right >= threshold;
        this.sort(mid + 1, b, limit);
        b = mid;
      }
    }
  }

  #less(i: number, j: number): boolean {
    return this.#compare(this.#data[i]!, this.#data[j]!);
  }

  #swap(i: number, j: number): void {
    const data = this.#data, t = data[i]!;
    data[i] = data[j]!;
    data[j] = t;
  }

  #insertionSort(a: number, b: number): void {
    for (let i = a + 1; i < b; i++) for (let j = i; j > a && this.#less(j, j - 1); j--) this.#swap(j, j - 1);
  }

  #heapSort(a: number, b: number): void {
    const n = b - a;
    for (let i = (n - 1) >> 1; i >= 0; i--) this.#siftDown(i, n, a);
    for (let i = n - 1; i >= 0; i--) {
      this.#swap(a, a + i);
      this.#siftDown(0, i, a);
    }
  }

  #siftDown(root: number, end: number, first: number): void {
    for (;;) {
      let child = 2 * root + 1;
      if (child >= end) return;
      if (child + 1 < end && this.#less(first + child, first + child + 1)) child++;
      if (!this.#less(first + root, first + child)) return;
      this.#swap(first + root, first + child);
      root = child;
    }
  }

  #partition(a: number, b: number, pivot: number): { mid: number; already: boolean } {
    this.#swap(a, pivot);
    let i = a + 1, j = b - 1, already = true;
    for (;;) {
      while (i <= j && this.#less(i, a)) i++;
      while (i <= j && !this.#less(j, a)) j--;
      if (i > j) break;
      already = false;
      this.#swap(i++, j--);
    }
    this.#swap(j, a);
    return { mid: j, already };
  }

  /** What equals the pivot comes first; gives where the greater begin. */
  #partitionEqual(a: number, b: number, pivot: number): number {
    this.#swap(a, pivot);
    let i = a + 1, j = b - 1;
    for (;;) {
      while (i <= j && !this.#less(a, i)) i++;
      while (i <= j && this.#less(a, j)) j--;
      if (i > j) return i;
      this.#swap(i++, j--);
    }
  }

  /** True when a few shifts were enough. */
  #partialInsertionSort(a: number, b: number): boolean {
    let i = a + 1;
    for (let step = 0; step < 5; step++) {
      while (i < b && !this.#less(i, i - 1)) i++;
      if (i === b) return true;
      if (b - a < 50) return false;
      this.#swap(i, i - 1);
      if (i - a >= 2) for (let j = i - 1; j >= 1 && this.#less(j, j - 1); j--) this.#swap(j, j - 1);
      if (b - i >= 2) for (let j = i + 1; j < b && this.#less(j, j - 1); j++) this.#swap(j, j - 1);
    }
    return false;
  }

  #breakPatterns(a: number, b: number): void {
    const length = b - a;
    if (length < 8) return;
    let random = BigInt(length);
    const mask = BigInt(2 ** bits(length) - 1), at = a + Math.floor(length / 4) * 2 - 1;
    for (let i = 0; i < 3; i++) {
      random ^= BigInt.asUintN(64, random << 13n);
      random ^= random >> 17n;
      random ^= BigInt.asUintN(64, random << 5n);
      let other = Number(random & mask);
      if (other >= length) other -= length;
      this.#swap(at - 1 + i, a + other);
    }
  }

  #choosePivot(a: number, b: number): { pivot: number; hint: Hint } {
    const length = b - a, quarter = Math.floor(length / 4);
    let swaps = 0;
    const median = (x: number, y: number, z: number): number => {
      if (this.#less(y, x)) [x, y] = (swaps++, [y, x]);
      if (this.#less(z, y)) [y, z] = (swaps++, [z, y]);
      if (this.#less(y, x)) [x, y] = (swaps++, [y, x]);
      return y;
    };
    let i = a + quarter, j = a + quarter * 2, k = a + quarter * 3;
    if (length >= 8) {
      if (length >= 50) {
        i = median(i - 1, i, i + 1);
        j = median(j - 1, j, j + 1);
        k = median(k - 1, k, k + 1);
      }
      j = median(i, j, k);
    }
    return { pivot: j, hint: swaps === 0 ? 'increasing' : swaps === 12 ? 'decreasing' : 'unknown' };
  }
}

function bits(n: number): number {
  return 32 - Math.clz32(n);
}
