// Loaded before the command line (NODE_OPTIONS=--import): a clock that jumps by up to three hours, back and forth, as
// one does that is set while a program runs. What measures time goes on as it is.
const RealDate = Date;
const hour = 3_600_000;
let jumps = process.pid;

function now() {
    jumps = (Math.imul(jumps, 1_103_515_245) + 12_345) >>> 0;
    return RealDate.now() + Math.round(((jumps / 2 ** 32) * 6 - 3) * hour);
}

globalThis.Date = class Date extends RealDate {
    constructor(...args) {
        super(...(args.length === 0 ? [now()] : args));
    }

    static now() {
        return now();
    }
};
