// Runs a graph model in TensorFlow.js itself and records one input with its outputs, for `mirror export tfjs --recorded`.
//
//   npm install @tensorflow/tfjs-core @tensorflow/tfjs-converter @tensorflow/tfjs-backend-cpu
//   node record.mjs model.json pair.json 1,192,192,3 255 Identity:0=keypoints
//
// Arguments: the model, the file to write, the input's shape, the largest value of its noise, then the outputs as
// TENSOR=NAME. Run it where those three packages are installed (node looks for them from the folder of this file, or
// from NODE_PATH's folder given to createRequire below).

import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

const require = createRequire(path.join(process.cwd(), "record.cjs"));
const tf = require("@tensorflow/tfjs-core");
const { loadGraphModel } = require("@tensorflow/tfjs-converter");
require("@tensorflow/tfjs-backend-cpu");

const [source, target, sizes, most, ...pairs] = process.argv.slice(2);
if (!pairs.length) {
  console.error("usage: node record.mjs MODEL.json PAIR.json SHAPE MOST TENSOR=NAME...");
  process.exit(2);
}

// a linear congruential generator (Numerical Recipes): the same noise on every machine
function noise(count) {
  let state = 20;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32) * Number(most);
  });
}

const document = JSON.parse(fs.readFileSync(source, "utf8"));
const shards = document.weightsManifest.flatMap((group) => group.paths)
  .map((name) => fs.readFileSync(path.join(path.dirname(source), name)));
const data = Buffer.concat(shards);

await tf.setBackend("cpu");
const model = await loadGraphModel({
  load: async () => ({
    modelTopology: document.modelTopology,
    signature: document.signature,
    userDefinedMetadata: document.userDefinedMetadata,
    weightSpecs: document.weightsManifest.flatMap((group) => group.weights),
    weightData: data.buffer.slice(data.byteOffset, data.byteOffset + data.length),
  }),
});

const shape = sizes.split(",").map(Number);
const input = tf.tensor(noise(shape.reduce((a, b) => a * b, 1)), shape, "float32");
const fed = model.inputs[0].dtype === "int32" ? tf.cast(input, "int32") : input;
const tensors = pairs.map((pair) => pair.slice(0, pair.lastIndexOf("=")));
const made = await model.executeAsync({ [model.inputs[0].name]: fed }, tensors);
const outputs = Array.isArray(made) ? made : [made];

const record = { input: { shape, data: Array.from(fed.dataSync()) } };
outputs.forEach((tensor, i) => {
  record[pairs[i].slice(pairs[i].lastIndexOf("=") + 1)] = { shape: tensor.shape, data: Array.from(tensor.dataSync()) };
});
fs.writeFileSync(target, JSON.stringify(record));
