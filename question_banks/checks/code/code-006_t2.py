import random
import time


def _old(nums, k):
    seen = set()
    for i in range(len(nums)):
        for j in nums[:i]:
            if (j + nums[i]) % k == 0:
                seen.add(tuple(sorted((j, nums[i]))))
    return len(seen)


def check(namespace: dict) -> None:
    f = namespace["good_pairs"]
    assert f([], 3) == 0
    assert f([3], 3) == 0
    assert f([3, 3], 3) == 1
    assert f([3, 3, 3], 3) == 1
    assert f([1, 1], 2) == 1
    assert f([-1, 1, 1, -1], 5) == 1
    rnd = random.Random(7)
    for _ in range(800):
        k = rnd.randrange(1, 9)
        nums = [rnd.randrange(-12, 13) for _ in range(rnd.randrange(0, 14))]
        keep = list(nums)
        assert f(nums, k) == _old(keep, k), (keep, k)
    big = [rnd.randrange(-(10**9), 10**9) for _ in range(150000)] + [rnd.randrange(50) for _ in range(50000)]
    t = time.perf_counter()
    f(big, 1000)
    f(list(range(200000)), 1)
    assert time.perf_counter() - t < 4
