import { join } from "node:path";
import { measure } from "./measure.ts";
import { OpenBao } from "./openbao.ts";
import { Product } from "./product.ts";
import type { Stage } from "./scenarios.ts";

const manyRules = 1000;
/** OpenBao's port, and the next one for its cluster listener, which it insists on. */
const baoPort = 18_200;

export interface Started {
  product: Product;
  bao: OpenBao;
}

/** Starts both sides, empty. */
export async function startSides(folder: string): Promise<Started> {
  const product = await Product.start(join(folder, "halfkey"));
  try {
    return { product, bao: await OpenBao.start(join(folder, "openbao"), baoPort) };
  } catch (error) {
    await product.stop();
    throw error;
  }
}

/** The same secrets and the same kinds of callers on both sides. */
export async function setStage({ product, bao }: Started, items: number): Promise<Stage> {
  const stage: Stage = {
    product,
    bao,
    items,
    reader: await product.createReader("bench-1", 1),
    readerManyRules: await product.createReader("bench-many", manyRules),
    bao1: {
      default: await bao.createRole({ paths: 1, tuned: false }),
      tuned: await bao.createRole({ paths: 1, tuned: true }),
      batch: await bao.createRole({ paths: 1, tuned: true, batch: true }),
    },
    baoManyPaths: {
      default: await bao.createRole({ paths: manyRules, tuned: false }),
      tuned: await bao.createRole({ paths: manyRules, tuned: true }),
    },
  };
  await fill(stage, 0, items);
  return stage;
}

/** Creates the secrets numbered `from` to `to`, the second not included. */
export async function fill(stage: Stage, from: number, to: number): Promise<void> {
  const { product, bao } = stage;
  const numbers = Array.from({ length: to - from }, (_, n) => from + n);
  const token = await product.logIn(stage.reader);
  const baoToken = await bao.logIn(stage.bao1.tuned);
  const shape = { once: true, connections: 64 };
  await measure({ side: product, requests: numbers.map((n) => product.create(token, n)) }, shape);
  await measure({ side: bao, requests: numbers.map((n) => bao.write(baoToken, n)) }, shape);
}
