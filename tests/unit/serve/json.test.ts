import fc from 'fast-check';
import { expect, it } from 'vitest';
import { grain, JsonList, jsonPieces, JsonText } from '../../../src/serve/json.js';

async function piecesOf(document: unknown): Promise<string[]> {
    const pieces: string[] = [];
    for await (const piece of jsonPieces(document)) pieces.push(piece);
    return pieces;
}

it('a document in pieces is the document', async () => {
    await fc.assert(
        fc.asyncProperty(
            fc.array(fc.jsonValue()),
            fc.array(fc.string({ unit: 'binary' })),
            fc.string(),
            async (items, parts, name) => {
                const document = { [name]: 1, a: { list: JsonList.of(items), text: new JsonText(parts) }, b: [{}] };
                const expected = { [name]: 1, a: { list: items, text: parts.join('') }, b: [{}] };
                expect(JSON.parse((await piecesOf(document)).join(''))).toEqual(JSON.parse(JSON.stringify(expected)));
            },
        ),
    );
});

it('is made as it is taken, and gives others their turn', async () => {
    let made = 0;
    let turns = 0;
    const ticking = setInterval(() => turns++, 1);
    const list = JsonList.of(Array(400_000).keys(), (i) => (made++, { i }));
    const pieces = jsonPieces({ list });
    await pieces.next();
    expect(made).toBeLessThan(grain);
    for await (const piece of pieces) expect(piece.length).toBeLessThan(grain + 1000);
    clearInterval(ticking);
    expect([made, turns > 3]).toEqual([400_000, true]);
});
