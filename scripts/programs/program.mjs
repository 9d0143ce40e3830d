// llama.cpp's own programs, to hold ours against: compiled from the bundle's source, linked with the libraries that
// node-llama-cpp ships. Neither our patches nor our libllama are in them, and ggml is the same one that ours loads.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, dirname, extname, join } from 'node:path';
import { BuildError } from '../../src/prebuilt/BuildError.mjs';
import { resolveBackends } from '../../src/prebuilt/backends.mjs';
import { packageRoot } from '../../src/prebuilt/packages.mjs';
import { clone } from '../build/source.mjs';

/**
 * @typedef {object} Program
 * @property {string[]} sources
 * @property {(text: string) => string} [edit]
 */

/**
 * Programs that are asked for, by name: their files in llama.cpp's tree.
 *
 * @satisfies {Record<string, Program>}
 */
const programs = {
    // With llama.cpp's own loader in the place of the library's: node-llama-cpp's patch of it makes no models out of
    // nothing.
    'test-llama-archs': {
        sources: ['tests/test-llama-archs.cpp', 'src/llama-model-loader.cpp', 'src/llama-model-saver.cpp'],
        edit: (text) => withWindows(withMore(text)),
    },
    'llama-perplexity': { sources: ['tools/perplexity/main.cpp', 'tools/perplexity/perplexity.cpp'] },
    'llama-gguf-split': {
        sources: ['tools/gguf-split/gguf-split.cpp'],
        edit: (text) => text.replaceAll('const char ** argv', 'char ** argv'), // as the others' entry points
    },
    'llama-batched-bench': { sources: ['tools/batched-bench/main.cpp', 'tools/batched-bench/batched-bench.cpp'] },
};

/**
 * test-llama-archs with the number of experts in LN_EXPERTS, two of them picked, and architectures by their whole
 * names; with those that it leaves out since llama.cpp's backends differ on them, or their fixture is missing: written,
 * they can be counted.
 *
 * @param {string} text
 */
function withMore(text) {
    if (!text.includes('save_models')) return text; // another file of the program
    for (const [pattern, change] of /** @type {const} */ ([
        [/(LLM_KV_EXPERT_COUNT,\s*)uint32_t\(2\)/, '$1uint32_t(std::stoul(std::getenv("LN_EXPERTS")))'],
        [/(LLM_KV_EXPERT_USED_COUNT,\s*)uint32_t\([12]\)/, '$1uint32_t(2)'],
        [/(static bool arch_supported\(const llm_arch arch\) \{)/, '$1 if (std::getenv("LN_ALL")) { return true; }'],
    ])) {
        if (!pattern.test(text))
            throw new BuildError(`test-llama-archs.cpp no longer has ${pattern}; mend scripts/programs`);
        text = text.replace(pattern, change);
    }
    // from 0.5.0 on the name is a pattern that is looked for in all names; before, it is the name
    return text.replace('std::regex_search(llm_arch_name', 'std::regex_match(llm_arch_name');
}

/**
 * Up to 0.4.0 llama.cpp writes no word of which layers attend to a window alone, and so no model that needs it. The
 * pattern as test-llama-archs makes it: one of two layers.
 *
 * @param {string} text
 */
function withWindows(text) {
    const gap = /\/\/ add_kv\(LLM_KV_ATTENTION_SLIDING_WINDOW_PATTERN, .*/;
    if (!gap.test(text)) return text;
    const stillNot = 'GEMMA3N|BITNET|T5|APERTUS|STEP35';
    return text.replace(new RegExp(`^ *case LLM_ARCH_(?!(${stillNot}):)\\w+:.*\\n`, 'gm'), '').replace(
        gap,
        `
        switch (model->arch) {
            case LLM_ARCH_COHERE2MOE: case LLM_ARCH_DOTS3NOTE: case LLM_ARCH_GRANITE_SWA:
            case LLM_ARCH_MIMO2: case LLM_ARCH_MUSE_GLIMMER: {
                const auto first = hparams.is_swa_impl.begin();
                const std::vector<uint32_t> pattern(first, first + hparams.n_layer());
                add_kv(LLM_KV_ATTENTION_SLIDING_WINDOW_PATTERN, pattern);
            } break;
            default:
                if (hparams.swa_type != LLAMA_SWA_TYPE_NONE)
                    add_kv(LLM_KV_ATTENTION_SLIDING_WINDOW_PATTERN, uint32_t(2));
        }
        add_kv(LLM_KV_ATTENTION_KV_LORA_RANK_SWA, hparams.n_lora_kv_swa);
        add_kv(LLM_KV_ATTENTION_KEY_LENGTH_MLA_SWA, hparams.n_embd_head_k_mla_swa);
        add_kv(LLM_KV_ATTENTION_VALUE_LENGTH_MLA_SWA, hparams.n_embd_head_v_mla_swa);`,
    );
}

/**
 * @param {keyof programs} name
 * @returns {string} path of the program, built where it is not there yet (some 10 s)
 * @throws {BuildError} without prebuilt libraries for this platform
 */
export function program(name) {
    const backends = resolveBackends();
    if (backends.prebuilt === null)
        throw new BuildError(`${name} is linked with node-llama-cpp's libraries, of which there are none here`);
    /** @type {Program} */
    const { sources, edit = (text) => text } = programs[name];
    const root = programsFolder(backends);
    const path = join(root, name);
    if (existsSync(path)) return path;

    const tree = unpacked(backends, join(root, 'source'));
    const work = join(root, `${name}.work`);
    mkdirSync(work, { recursive: true });
    writeFileSync(join(work, 'loader.cpp'), loader(backends.prebuilt.ggmlDir));
    // A copy beside the original finds the headers that the original finds.
    const files = sources.map((source) => {
        const file = join(tree, source);
        const copy = join(dirname(file), `edited-${basename(file)}`);
        writeFileSync(copy, edit(readFileSync(file, 'utf8')));
        return copy;
    });
    const { ggmlDir, ggml, ggmlBase, llamaName } = backends.prebuilt;
    const ending = extname(ggml);
    const libraries = [
        ...['libllama-common', `lib${llamaName}`].map((library) => join(ggmlDir, library + ending)),
        ggml,
        ggmlBase,
    ];
    execFileSync(
        process.env.CXX ?? 'c++',
        [
            '-std=c++17',
            '-O2',
            '-w',
            '-DGGML_BACKEND_DL',
            '-DGGML_SHARED',
            '-DLLAMA_SHARED',
            '-Dmain=program_main',
            ...['common', 'include', 'ggml/include', 'src', 'vendor'].map((folder) => `-I${join(tree, folder)}`),
            ...files,
            join(work, 'loader.cpp'),
            '-o',
            join(work, 'program'),
            ...libraries,
            '-rdynamic',
            `-Wl,-rpath,${ggmlDir}`,
            '-lpthread',
        ],
        { stdio: ['ignore', 'ignore', 'inherit'] },
    );
    renameSync(join(work, 'program'), path);
    rmSync(work, { recursive: true });
    return path;
}

/**
 * ggml's CPU backend as llama.cpp's own build makes it: for this very processor, with OpenMP. A plugin for the programs
 * (LN_BACKEND): node-llama-cpp's have no OpenMP.
 *
 * @returns {string} path of the plugin, built where it is not there yet (some 2 minutes on two cores)
 */
export function openmpBackend() {
    const backends = resolveBackends();
    const root = programsFolder(backends);
    const build = join(root, 'openmp');
    const path = join(build, 'bin', `libggml-cpu${process.platform === 'darwin' ? '.dylib' : '.so'}`);
    if (existsSync(path)) return path;
    const tree = unpacked(backends, join(root, 'source'));
    // ggml is a part of a project: by itself it wants files that the clone leaves out.
    const project = join(root, 'openmp-project');
    mkdirSync(project, { recursive: true });
    writeFileSync(
        join(project, 'CMakeLists.txt'),
        `cmake_minimum_required(VERSION 3.19)
project(openmp LANGUAGES C CXX)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "\${CMAKE_BINARY_DIR}/bin")
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "\${CMAKE_BINARY_DIR}/bin")
add_subdirectory(${JSON.stringify(join(tree, 'ggml'))} ggml)
`,
    );
    // As a plugin the backend refuses GGML_NATIVE, which is this option of the compiler.
    const native = ['C', 'CXX'].map((language) => `-DCMAKE_${language}_FLAGS=-march=native`);
    execFileSync(
        'cmake',
        [
            '-S',
            project,
            '-B',
            build,
            '-DCMAKE_BUILD_TYPE=Release',
            '-DBUILD_SHARED_LIBS=ON',
            '-DGGML_BACKEND_DL=ON',
            '-DGGML_NATIVE=OFF',
            '-DGGML_OPENMP=ON',
            '-DGGML_LLAMAFILE=ON',
            ...native,
        ],
        { stdio: ['ignore', 'ignore', 'inherit'] },
    );
    execFileSync('cmake', ['--build', build, '--target', 'ggml-cpu', '-j', String(availableParallelism())], {
        stdio: ['ignore', 'ignore', 'inherit'],
    });
    if (!existsSync(path)) throw new BuildError(`${path} was not made; mend scripts/programs`);
    return path;
}

/** @param {import('../../src/prebuilt/types.js').Backends} backends */
function programsFolder({ llamaVersion, packageVersion }) {
    return join(packageRoot, 'build', 'programs', `${llamaVersion}-${packageVersion}`);
}

/**
 * llama.cpp's source, without any patches: node-llama-cpp's change no header.
 *
 * @param {import('../../src/prebuilt/types.js').Backends} backends
 * @param {string} target
 */
function unpacked(backends, target) {
    if (existsSync(target)) return target;
    const temporary = `${target}.unpacking`;
    rmSync(temporary, { recursive: true, force: true });
    clone(backends.bundle, temporary, ['src', 'include', 'ggml', 'common', 'vendor', 'tools', 'tests']);
    renameSync(temporary, target);
    return target;
}

/**
 * The entry point: ggml looks for its backends beside the program, where none are. LN_BACKEND names one to load
 * instead.
 *
 * @param {string} folder
 */
const loader = (folder) => `
#include "ggml-backend.h"
#include <chrono>
#include <cstdlib>
#include <thread>
#undef main
int program_main(int argc, char ** argv);
int main(int argc, char ** argv) {
    if (const char * backend = std::getenv("LN_BACKEND")) {
        if (ggml_backend_load(backend) == nullptr) { return 3; }
    } else {
        ggml_backend_load_all_from_path(${JSON.stringify(folder)});
    }
    const int code = program_main(argc, argv);
    std::this_thread::sleep_for(std::chrono::milliseconds(200)); // its log is written by a thread that nobody waits for
    return code;
}
`;
